namespace KeyService.Core.Signing;

/// <summary>
/// ECDSA signatures in their two encodings: DER, a SEQUENCE of two INTEGERs (RFC 3279 §2.2.3), as cloud providers answer,
/// and R‖S of fixed width (RFC 7518 §3.4), as JOSE wants. Strict both ways, so one signature has one form in each.
/// </summary>
public static class EcdsaSignature
{
    private const byte Sequence = 0x30;
    private const byte Integer = 0x02;
    private const byte OneLengthByte = 0x81;

    /// <summary>Longest DER form of a signature whose R and S have <paramref name="fieldLength"/> bytes each.</summary>
    public static int MaxDerLength(int fieldLength) => 3 + (2 * (2 + 1 + fieldLength));

    /// <summary>Turns DER into R‖S.</summary>
    /// <param name="destination">Twice the field length: 64, 96 or 132 bytes. Left as zeros where the answer is false.</param>
    /// <returns>
    /// False where it is not the one DER encoding of two numbers from 1 that fit the field: negative, zero, padded, too
    /// wide, a length in a longer form than needed, or bytes before or after.
    /// </returns>
    public static bool TryFromDer(ReadOnlySpan<byte> der, Span<byte> destination)
    {
        var field = destination.Length / 2;
        CheckFieldLength(field, destination.Length);
        destination.Clear();
        if (TryReadSequence(der, out var numbers)
            && TryReadInteger(ref numbers, destination[..field])
            && TryReadInteger(ref numbers, destination[field..])
            && numbers.IsEmpty)
            return true;

        destination.Clear();
        return false;
    }

    /// <summary>Turns DER into R‖S of <c>2 × fieldLength</c> bytes.</summary>
    /// <exception cref="FormatException">Where <see cref="TryFromDer"/> would answer false.</exception>
    public static byte[] FromDer(ReadOnlySpan<byte> der, int fieldLength)
    {
        var signature = new byte[2 * fieldLength];
        return TryFromDer(der, signature)
            ? signature
            : throw new FormatException("The ECDSA signature is not two positive numbers of the field's width in strict DER.");
    }

    /// <summary>Turns R‖S into DER.</summary>
    /// <param name="destination">At least <see cref="MaxDerLength"/> bytes.</param>
    /// <returns>False where R or S is zero.</returns>
    public static bool TryToDer(ReadOnlySpan<byte> signature, Span<byte> destination, out int written)
    {
        var field = signature.Length / 2;
        CheckFieldLength(field, signature.Length);
        written = 0;
        var r = signature[..field].TrimStart((byte)0);
        var s = signature[field..].TrimStart((byte)0);
        if (r.IsEmpty || s.IsEmpty)
            return false;

        var length = IntegerLength(r) + IntegerLength(s);
        destination[written++] = Sequence;
        if (length >= 0x80)
            destination[written++] = OneLengthByte;

        destination[written++] = (byte)length;
        WriteInteger(r, destination, ref written);
        WriteInteger(s, destination, ref written);
        return true;
    }

    /// <summary>Turns R‖S into DER.</summary>
    /// <exception cref="FormatException">R or S is zero.</exception>
    public static byte[] ToDer(ReadOnlySpan<byte> signature)
    {
        Span<byte> der = stackalloc byte[MaxDerLength(signature.Length / 2)];
        return TryToDer(signature, der, out var written)
            ? der[..written].ToArray()
            : throw new FormatException("The ECDSA signature holds a zero.");
    }

    private static void CheckFieldLength(int field, int signatureLength)
    {
        // 66 is P-521, the widest field; below it every length has at most one byte.
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(field);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(field, 66);
        ArgumentOutOfRangeException.ThrowIfNotEqual(signatureLength, 2 * field);
    }

    private static bool TryReadSequence(ReadOnlySpan<byte> der, out ReadOnlySpan<byte> content)
    {
        content = der switch
        {
            [Sequence, < 0x80, ..] when der.Length == 2 + der[1] => der[2..],
            [Sequence, OneLengthByte, >= 0x80, ..] when der.Length == 3 + der[2] => der[3..],
            _ => default,
        };
        return !content.IsEmpty;
    }

    private static bool TryReadInteger(ref ReadOnlySpan<byte> rest, Span<byte> destination)
    {
        if (rest is not [Integer, > 0 and < 0x80, ..] || rest.Length < 2 + rest[1])
            return false;

        var number = rest.Slice(2, rest[1]);
        rest = rest[(2 + number.Length)..];
        if (number[0] >= 0x80) // negative
            return false;

        if (number[0] == 0)
        {
            if (number is not [_, >= 0x80, ..]) // zero, or a leading zero that no sign bit asks for
                return false;

            number = number[1..];
        }

        if (number.Length > destination.Length)
            return false;

        number.CopyTo(destination[^number.Length..]);
        return true;
    }

    private static int IntegerLength(ReadOnlySpan<byte> number) => 2 + number.Length + (number[0] >= 0x80 ? 1 : 0);

    private static void WriteInteger(ReadOnlySpan<byte> number, Span<byte> destination, ref int written)
    {
        destination[written++] = Integer;
        destination[written++] = (byte)(IntegerLength(number) - 2);
        if (number[0] >= 0x80)
            destination[written++] = 0; // else the number would read as negative

        number.CopyTo(destination[written..]);
        written += number.Length;
    }
}
