using System.Formats.Asn1;
using KeyService.Core.Signing;

namespace KeyService.Fuzz.Targets;

/// <summary>ECDSA signatures in DER and as R‖S. The first byte says of which curve.</summary>
internal static class EcdsaEncodings
{
    private static readonly int[] Fields = [32, 48, 66];

    public static IReadOnlyList<byte[]> Raw { get; } = [.. Fields.Select((field, i) => (byte[])[(byte)i, .. ExampleKeys.Bytes(2 * field)]), [0, .. new byte[31], 1, .. new byte[31], 0x80]];

    public static IReadOnlyList<byte[]> Der { get; } = [.. Raw.Select(raw => (byte[])[raw[0], .. EcdsaSignature.ToDer(raw.AsSpan(1))])];

    public static byte[] Mutate(Random random, byte[] input, byte[] other) => input.Length == 0
        ? other
        : [input[0], .. Mutation.DerMutations.Mutate(random, input[1..], other[Math.Min(1, other.Length)..])];

    /// <summary>The platform's DER reader must judge the same.</summary>
    public static bool TakeDer(byte[] input)
    {
        if (input.Length == 0)
            return false;
        var field = Fields[input[0] % Fields.Length];
        var der = input.AsSpan(1);
        var signature = new byte[2 * field];
        var taken = EcdsaSignature.TryFromDer(der, signature);
        Rule.Holds(taken == IsSignature(der.ToArray(), field), "the platform's reader of DER judges otherwise");
        if (taken)
            Rule.Same(der, EcdsaSignature.ToDer(signature), "a signature has two encodings in DER");
        return taken;
    }

    public static bool TakeRaw(byte[] input)
    {
        if (input.Length == 0)
            return false;
        var field = Fields[input[0] % Fields.Length];
        var signature = new byte[2 * field];
        input.AsSpan(1, Math.Min(input.Length - 1, signature.Length)).CopyTo(signature);
        Rule.Same(signature, EcdsaSignature.FromDer(EcdsaSignature.ToDer(signature), field), "a signature is another one after it was written in DER");
        return true;
    }

    private static bool IsSignature(byte[] der, int field)
    {
        try
        {
            var outer = new AsnReader(der, AsnEncodingRules.DER);
            var numbers = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var (r, s) = (numbers.ReadInteger(), numbers.ReadInteger());
            numbers.ThrowIfNotEmpty();
            return r.Sign > 0 && s.Sign > 0 && r.GetBitLength() <= 8 * field && s.GetBitLength() <= 8 * field;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
