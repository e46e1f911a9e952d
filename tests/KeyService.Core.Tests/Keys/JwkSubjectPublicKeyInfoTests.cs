using System.Buffers.Text;
using System.Formats.Asn1;
using System.Numerics;
using FsCheck.Fluent;
using KeyService.Core.Keys;
using KeyService.Core.Signing;

namespace KeyService.Core.Tests.Keys;

public sealed class JwkSubjectPublicKeyInfoTests
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string P256 = "1.2.840.10045.3.1.7";
    private const string Ed25519 = "1.3.101.112";

    /// <summary>RFC 8410 §10.1.</summary>
    private const string Ed25519Example = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

    [Fact]
    public void An_rsa_key_of_the_platform_goes_there_and_back()
    {
        using var pair = TestKeys.Rsa();
        var der = pair.ExportSubjectPublicKeyInfo();
        var parameters = pair.ExportParameters(includePrivateParameters: false);

        var key = Jwk.FromSubjectPublicKeyInfo(der);

        Assert.Equal(new Jwk { KeyType = "RSA", Modulus = Base64Url.EncodeToString(parameters.Modulus), Exponent = "AQAB" }, key);
        Assert.Equal(der, key.ToSubjectPublicKeyInfo());
    }

    [Theory]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    [InlineData("ES256K")]
    public void Ec_keys_of_the_platform_go_there_and_back(string name)
    {
        Assert.True(SigningAlgorithm.TryParse(name, out var algorithm));
        for (var i = 0; i < 20; i++) // one P-521 key in two has a coordinate with a leading zero byte
        {
            using var pair = TestKeys.Ec(algorithm);
            var der = pair.ExportSubjectPublicKeyInfo();
            var point = pair.ExportParameters(includePrivateParameters: false).Q;

            var key = Jwk.FromSubjectPublicKeyInfo(der);

            Assert.Equal(("EC", algorithm.Curve), (key.KeyType, key.Curve));
            Assert.Equal((Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y)), (key.X, key.Y));
            Assert.Equal(der, key.ToSubjectPublicKeyInfo());
        }
    }

    [Fact]
    public void The_ed25519_key_of_rfc_8410_goes_there_and_back()
    {
        var der = Convert.FromBase64String(Ed25519Example);
        var key = Jwk.FromSubjectPublicKeyInfo(der);
        Assert.Equal(new Jwk { KeyType = "OKP", Curve = "Ed25519", X = Base64Url.EncodeToString(der.AsSpan(12)) }, key);
        Assert.Equal(der, key.ToSubjectPublicKeyInfo());
    }

    /// <summary>RFC 9881 §4: an identifier without parameters, and the bytes of the key as they are.</summary>
    [Theory]
    [InlineData("ML-DSA-44", "308205323" + "00b0609608648016503040311" + "03820521" + "00", 1312)]
    [InlineData("ML-DSA-65", "308207b23" + "00b0609608648016503040312" + "038207a1" + "00", 1952)]
    [InlineData("ML-DSA-87", "30820a323" + "00b0609608648016503040313" + "03820a21" + "00", 2592)]
    public void Ml_dsa_keys_go_there_and_back(string name, string start, int length)
    {
        byte[] der = [.. Convert.FromHexString(start), .. Enumerable.Range(0, length).Select(static i => (byte)i)];
        var key = Jwk.FromSubjectPublicKeyInfo(der);
        Assert.Equal(("AKP", name), (key.KeyType, key.Algorithm));
        Assert.Equal(der, key.ToSubjectPublicKeyInfo());
        Assert.Throws<FormatException>(() => Jwk.FromSubjectPublicKeyInfo(der.AsSpan()[..^1]));
        Assert.Throws<FormatException>(() => (key with { Public = key.Public![4..] }).ToSubjectPublicKeyInfo()); // read from a key that has it
        Assert.Throws<FormatException>(() => (key with { Algorithm = "ML-DSA-66" }).ToSubjectPublicKeyInfo());
    }

    [Fact]
    public void The_keys_of_the_rfcs_go_there_and_back() =>
        Assert.All(
            new[] { TestKeys.RsaJwk, TestKeys.EcJwk, TestKeys.Ed25519Jwk },
            key => Assert.Equal(key, Jwk.FromSubjectPublicKeyInfo(key.ToSubjectPublicKeyInfo())));

    [Fact]
    public void Mangled_der_is_refused_or_is_the_one_encoding_of_its_key()
    {
        var good = new[] { TestKeys.RsaJwk, TestKeys.EcJwk, TestKeys.Ed25519Jwk }.Select(key => key.ToSubjectPublicKeyInfo()).ToArray();
        var mangled =
            from original in Gen.Elements(good)
            from at in Gen.OneOf(Gen.Choose(0, Math.Min(40, original.Length - 1)), Gen.Choose(0, original.Length - 1))
            from value in Gen.Choose(0, 255)
            from change in Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Choose(-40, 3)))
            select Mangle(original, at, (byte)value, change);

        Seeded.Check(
            Prop.ForAll(mangled.ToArbitrary(), der =>
            {
                try
                {
                    return Jwk.FromSubjectPublicKeyInfo(der).ToSubjectPublicKeyInfo().SequenceEqual(der);
                }
                catch (FormatException)
                {
                    return true;
                }
            }),
            cases: 600);
    }

    [Fact]
    public void A_byte_after_the_end_is_refused() =>
        Assert.All(
            new[] { TestKeys.RsaJwk, TestKeys.EcJwk, TestKeys.Ed25519Jwk },
            key => Assert.Throws<FormatException>(() => Jwk.FromSubjectPublicKeyInfo([.. key.ToSubjectPublicKeyInfo(), 0])));

    [Theory]
    [InlineData(2048, 3, true)]
    [InlineData(8192, 65537, true)]
    [InlineData(2040, 65537, false)] // too short
    [InlineData(8200, 65537, false)] // too long
    [InlineData(2049, 65537, false)] // not whole bytes
    [InlineData(2048, 1, false)]
    [InlineData(2048, 4, false)]
    [InlineData(2048, 0, false)]
    [InlineData(2048, -3, false)]
    public void Rsa_numbers_must_be_in_range(int bits, int exponent, bool good)
    {
        var modulus = (BigInteger.One << (bits - 1)) + 1;
        var der = RsaKey(modulus, exponent);
        Assert.Equal(good, IsKey(der));
    }

    [Fact]
    public void An_even_a_negative_or_a_zero_modulus_is_refused() =>
        Assert.All(
            new[] { BigInteger.One << 2047, -(BigInteger.One << 2047), 0 },
            modulus => Assert.False(IsKey(RsaKey(modulus, 65537))));

    [Fact]
    public void An_exponent_over_64_bits_is_refused()
    {
        var modulus = (BigInteger.One << 2047) + 1;
        Assert.True(IsKey(RsaKey(modulus, (BigInteger.One << 63) + 1)));
        Assert.False(IsKey(RsaKey(modulus, (BigInteger.One << 64) + 1)));
    }

    [Fact]
    public void A_third_rsa_number_is_refused() =>
        Assert.False(IsKey(Spki(RsaEncryption, w => w.WriteNull(), Sequence((BigInteger.One << 2047) + 1, 65537, 1))));

    [Fact]
    public void Parameters_other_than_the_prescribed_ones_are_refused()
    {
        var numbers = Sequence((BigInteger.One << 2047) + 1, 65537);
        var point = Point(TestKeys.EcJwk);
        var edwards = Convert.FromBase64String(Ed25519Example)[12..];

        Assert.True(IsKey(Spki(RsaEncryption, w => w.WriteNull(), numbers)));
        Assert.False(IsKey(Spki(RsaEncryption, null, numbers)));
        Assert.False(IsKey(Spki("1.2.840.113549.1.1.10", null, numbers))); // id-RSASSA-PSS
        Assert.True(IsKey(Spki(EcPublicKey, w => w.WriteObjectIdentifier(P256), point)));
        Assert.False(IsKey(Spki(EcPublicKey, w => w.WriteObjectIdentifier("1.3.132.0.10"), point))); // secp256k1
        Assert.False(IsKey(Spki(EcPublicKey, w => w.WriteObjectIdentifier("1.3.132.0.34"), point))); // the width of P-256
        Assert.False(IsKey(Spki(EcPublicKey, w => w.WriteNull(), point))); // implicit curve
        Assert.False(IsKey(Spki(EcPublicKey, null, point)));
        Assert.False(IsKey(Spki(EcPublicKey, w => w.PushSequence().Dispose(), point))); // explicit curve
        Assert.True(IsKey(Spki(Ed25519, null, edwards)));
        Assert.False(IsKey(Spki(Ed25519, w => w.WriteNull(), edwards)));
        Assert.False(IsKey(Spki("1.3.101.113", null, edwards))); // Ed448
        Assert.False(IsKey(Spki(Ed25519, null, edwards[1..])));
        Assert.False(IsKey(Spki(Ed25519, null, [4, 32, .. edwards]))); // the OCTET STRING in which tokens wrap it
    }

    [Fact]
    public void A_bit_string_that_ends_within_a_byte_is_refused()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
                writer.WriteObjectIdentifier(Ed25519);

            // The last bit of this key is 0, so the bytes are those of a good key.
            writer.WriteBitString(Base64Url.DecodeFromChars(TestKeys.Ed25519Jwk.X), unusedBitCount: 1);
        }

        Assert.Throws<FormatException>(() => Jwk.FromSubjectPublicKeyInfo(writer.Encode()));
    }

    [Fact]
    public void Points_off_the_curve_or_in_another_form_are_refused()
    {
        var good = Point(TestKeys.EcJwk);
        Assert.True(IsEcKey(good));
        Assert.False(IsEcKey([.. good[..^1], (byte)(good[^1] ^ 1)]));
        Assert.False(IsEcKey([.. good[..1], .. good[33..], .. good[1..33]])); // x and y swapped
        Assert.False(IsEcKey([(byte)(2 + (good[^1] & 1)), .. good[1..33]])); // compressed
        Assert.False(IsEcKey([(byte)(6 + (good[^1] & 1)), .. good[1..]])); // hybrid
        Assert.False(IsEcKey([0])); // infinity
        Assert.False(IsEcKey([4, .. new byte[64]]));
        Assert.False(IsEcKey([.. good, 0]));
        Assert.False(IsEcKey([4, .. Enumerable.Repeat((byte)0xff, 64)])); // not below the prime
        Assert.False(IsEcKey([4, (byte)good.Length, .. good])); // the OCTET STRING of CKA_EC_POINT
    }

    [Fact]
    public void A_coordinate_is_not_accepted_in_a_second_way_plus_the_prime()
    {
        // x = 0 is on P-256 (y² = b), and so would be its second name x = p if nobody looked.
        var prime = BigInteger.Parse("0FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF", System.Globalization.NumberStyles.AllowHexSpecifier, null);
        var b = BigInteger.Parse("05AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B", System.Globalization.NumberStyles.AllowHexSpecifier, null);
        var y = BigInteger.ModPow(b, (prime + 1) / 4, prime).ToByteArray(isUnsigned: true, isBigEndian: true);
        Assert.Equal(32, y.Length);
        Assert.True(IsEcKey([4, .. new byte[32], .. y]));
        Assert.False(IsEcKey([4, .. prime.ToByteArray(isUnsigned: true, isBigEndian: true), .. y]));
    }

    [Fact]
    public void A_jwk_with_members_of_no_key_has_no_encoding()
    {
        var (rsa, ec, okp) = (TestKeys.RsaJwk, TestKeys.EcJwk, TestKeys.Ed25519Jwk);
        Jwk[] bad =
        [
            rsa with { KeyType = "oct" }, rsa with { Exponent = null }, rsa with { Modulus = "" }, rsa with { X = ec.X },
            rsa with { Modulus = "AA" + rsa.Modulus }, rsa with { Exponent = "AAEAAQ" }, rsa with { Exponent = "AQAB=" },
            ec with { Curve = "secp256k1" }, ec with { Curve = null }, ec with { Y = null }, ec with { Y = ec.X },
            ec with { X = ec.X + "AAAA" }, ec with { Modulus = rsa.Modulus }, ec with { Curve = "P-384" },
            okp with { Curve = "Ed448" }, okp with { Y = okp.X }, okp with { X = null }, okp with { X = "AAAA" },
        ];
        Assert.All(bad, key => Assert.Throws<FormatException>(key.ToSubjectPublicKeyInfo));
    }

    private static bool IsEcKey(byte[] point) => IsKey(Spki(EcPublicKey, w => w.WriteObjectIdentifier(P256), point));

    private static bool IsKey(byte[] der)
    {
        try
        {
            return Jwk.FromSubjectPublicKeyInfo(der).ToSubjectPublicKeyInfo().SequenceEqual(der);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static byte[] Point(Jwk key) => [4, .. Base64Url.DecodeFromChars(key.X), .. Base64Url.DecodeFromChars(key.Y)];

    private static byte[] RsaKey(BigInteger modulus, BigInteger exponent) =>
        Spki(RsaEncryption, w => w.WriteNull(), Sequence(modulus, exponent));

    private static byte[] Sequence(params BigInteger[] numbers)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var number in numbers)
                writer.WriteInteger(number);
        }

        return writer.Encode();
    }

    private static byte[] Spki(string algorithm, Action<AsnWriter>? parameters, byte[] key)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(algorithm);
                parameters?.Invoke(writer);
            }

            writer.WriteBitString(key);
        }

        return writer.Encode();
    }

    private static byte[] Mangle(byte[] original, int at, byte value, int lengthChange)
    {
        var der = original.ToArray();
        der[at] = value;
        Array.Resize(ref der, der.Length + lengthChange);
        return der;
    }
}
