using System.Formats.Asn1;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using KeyService.Core.Signing;

namespace KeyService.Core.Tests.Signing;

public sealed class EcdsaSignatureTests
{
    private static readonly int[] FieldLengths = [32, 48, 66];

    /// <summary>Pairs of numbers from 1 to 2^(8·length) − 1, with short ones as often as long ones.</summary>
    private static readonly Arbitrary<(int Field, BigInteger R, BigInteger S)> Signatures =
        (from field in Gen.Elements(FieldLengths)
         from r in Number(field)
         from s in Number(field)
         select (field, r, s)).ToArbitrary();

    [Fact]
    public void Der_of_the_platform_becomes_fixed_width_numbers() =>
        Seeded.Check(Prop.ForAll(Signatures, value =>
            EcdsaSignature.FromDer(PlatformDer(value.R, value.S), value.Field).SequenceEqual(Fixed(value))));

    [Fact]
    public void Fixed_width_numbers_become_the_der_of_the_platform() =>
        Seeded.Check(Prop.ForAll(Signatures, value =>
            EcdsaSignature.ToDer(Fixed(value)).SequenceEqual(PlatformDer(value.R, value.S))));

    [Fact]
    public void Der_is_never_longer_than_announced() =>
        Assert.All(FieldLengths, field =>
        {
            var widest = Enumerable.Repeat((byte)0xff, 2 * field).ToArray();
            var der = EcdsaSignature.ToDer(widest);
            Assert.InRange(der.Length, 1, EcdsaSignature.MaxDerLength(field));
            Assert.Equal(widest, EcdsaSignature.FromDer(der, field));
        });

    [Fact]
    public void Whatever_is_accepted_is_the_only_der_of_its_numbers() =>
        Seeded.Check(
            Prop.ForAll(Mutations(), der =>
            {
                var signature = new byte[64];
                return EcdsaSignature.TryFromDer(der, signature)
                    ? EcdsaSignature.ToDer(signature).SequenceEqual(der)
                    : signature.All(value => value == 0);
            }),
            cases: 5000);

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("30", "no length")]
    [InlineData("3000", "no numbers")]
    [InlineData("3003020101", "one number")]
    [InlineData("300602010102010100", "a byte after the end")]
    [InlineData("3009020101020101020101", "a third number")]
    [InlineData("3007020101020101", "a length beyond the end")]
    [InlineData("3005020101020101", "a length before the end")]
    [InlineData("3106020101020101", "a SET")]
    [InlineData("3006030101020101", "R is not an INTEGER")]
    [InlineData("3006020101040101", "S is not an INTEGER")]
    [InlineData("3006020100020101", "R is zero")]
    [InlineData("3006020101020100", "S is zero")]
    [InlineData("30050200020101", "R is empty")]
    [InlineData("30050201010200", "S is empty")]
    [InlineData("3006020180020101", "R is negative")]
    [InlineData("30060201010201ff", "S is negative")]
    [InlineData("300702020001020101", "R is padded")]
    [InlineData("300702010102020001", "S is padded")]
    [InlineData("300702020000020101", "R is a padded zero")]
    [InlineData("30810602010102 0101", "a length of two bytes where one will do")]
    [InlineData("3082000602010102 0101", "a length of three bytes where one will do")]
    [InlineData("3080020101020101 0000", "an indefinite length")]
    [InlineData("300702810101020101", "a long length of R")]
    [InlineData("3006020501020101", "R runs past the end")]
    public void Bad_der_is_refused(string hex, string why)
    {
        var der = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var signature = new byte[64];
        Assert.False(EcdsaSignature.TryFromDer(der, signature), why);
        Assert.Equal(new byte[64], signature);
        Assert.Throws<FormatException>(() => EcdsaSignature.FromDer(der, 32));
    }

    [Fact]
    public void A_number_wider_than_the_field_is_refused()
    {
        var tooWide = BigInteger.One << 256;
        Assert.Throws<FormatException>(() => EcdsaSignature.FromDer(PlatformDer(tooWide, 1), 32));
        Assert.Throws<FormatException>(() => EcdsaSignature.FromDer(PlatformDer(1, tooWide), 32));
        Assert.Equal(96, EcdsaSignature.FromDer(PlatformDer(1, tooWide), 48).Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    public void A_zero_has_no_der(int zeroAt)
    {
        var signature = Enumerable.Repeat((byte)1, 64).ToArray();
        signature.AsSpan(zeroAt, 32).Clear();
        Assert.Throws<FormatException>(() => EcdsaSignature.ToDer(signature));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(134)]
    public void A_length_of_no_curve_is_a_bug_of_the_caller(int length)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => EcdsaSignature.TryFromDer([0x30, 0], new byte[length]));
        Assert.Throws<ArgumentOutOfRangeException>(() => EcdsaSignature.ToDer(new byte[length]));
    }

    private static Gen<BigInteger> Number(int field) =>
        from length in Gen.OneOf(Gen.Constant(field), Gen.Choose(1, field))
        from bytes in Gen.Choose(0, 255).ArrayOf(length)
        select BigInteger.Max(1, new BigInteger([.. bytes.Select(value => (byte)value)], isUnsigned: true));

    /// <summary>Good DER with up to three bytes changed and its end cut off or extended.</summary>
    private static Arbitrary<byte[]> Mutations() =>
        (from r in Number(32)
         from s in Number(32)
         from changes in Gen.Zip(Gen.Choose(0, 11), Gen.Elements(0, 1, 2, 0x20, 0x30, 0x7f, 0x80, 0x81, 0xff)).ListOf(3)
         from lengthChange in Gen.Frequency((8, Gen.Constant(0)), (1, Gen.Choose(-2, 2)))
         select Mutate(PlatformDer(r, s), changes, lengthChange)).ToArbitrary();

    private static byte[] Mutate(byte[] der, IEnumerable<(int At, int Value)> changes, int lengthChange)
    {
        foreach (var (at, value) in changes.Where(change => change.At < der.Length && change.At > 0))
            der[at] = (byte)value;

        Array.Resize(ref der, Math.Max(0, der.Length + lengthChange));
        return der;
    }

    private static byte[] PlatformDer(BigInteger r, BigInteger s)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(r);
            writer.WriteInteger(s);
        }

        return writer.Encode();
    }

    private static byte[] Fixed((int Field, BigInteger R, BigInteger S) value)
    {
        var signature = new byte[2 * value.Field];
        Write(value.R, signature.AsSpan(0, value.Field));
        Write(value.S, signature.AsSpan(value.Field));
        return signature;
    }

    private static void Write(BigInteger number, Span<byte> destination)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(destination[^bytes.Length..]);
    }
}
