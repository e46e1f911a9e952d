using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Providers.Pkcs11;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Keys;

namespace KeyService.Providers.Tests.Pkcs11;

public sealed class PublicKeyTests
{
    // RFC 8032 §7.1, test 1.
    private static readonly byte[] Ed25519Key = Convert.FromHexString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");

    [Fact]
    public void A_point_is_read_bare_and_in_an_octet_string()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = ecdsa.ExportParameters(includePrivateParameters: false).Q;
        byte[] bare = [4, .. q.X!, .. q.Y!]; // exported ones are whole
        var expected = ecdsa.ExportSubjectPublicKeyInfo();
        Assert.Equal(expected, SubjectPublicKey.Ec("P-256", bare));
        Assert.Equal(expected, SubjectPublicKey.Ec("P-256", [4, 65, .. bare]));
    }

    [Fact]
    public void An_ed25519_key_is_read_raw_and_in_an_octet_or_bit_string()
    {
        byte[] expected = [.. Convert.FromHexString("302a300506032b6570032100"), .. Ed25519Key];
        Assert.Equal(expected, SubjectPublicKey.Ed25519(Ed25519Key));
        Assert.Equal(expected, SubjectPublicKey.Ed25519([4, 32, .. Ed25519Key]));
        Assert.Equal(expected, SubjectPublicKey.Ed25519([3, 33, 0, .. Ed25519Key]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("04")]
    [InlineData("0420")]
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000")] // y = 2: x² is no square
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")] // the neutral element
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // y = p
    public void What_is_no_ed25519_key_is_refused(string hex) =>
        Assert.Equal(
            KeyServiceError.ProviderRejected,
            Assert.Throws<KeyServiceException>(() => SubjectPublicKey.Ed25519(Convert.FromHexString(hex))).Error);

    [Fact]
    public void A_point_off_the_curve_or_compressed_is_refused()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var q = ecdsa.ExportParameters(includePrivateParameters: false).Q;
        byte[] off = [4, .. q.X!, .. q.Y!]; // as before
        off[^1] ^= 1;
        Assert.Throws<KeyServiceException>(() => SubjectPublicKey.Ec("P-384", off));
        Assert.Throws<KeyServiceException>(() => SubjectPublicKey.Ec("P-384", [2, .. q.X!])); // as before
        Assert.Throws<KeyServiceException>(() => SubjectPublicKey.Ec("P-256", new byte[65]));
    }

    [Fact]
    public void An_rsa_key_with_another_exponent_or_a_short_modulus_is_refused()
    {
        using var rsa = RSA.Create(2048);
        var modulus = rsa.ExportParameters(includePrivateParameters: false).Modulus!; // exported ones are whole
        Assert.Equal(rsa.ExportSubjectPublicKeyInfo(), SubjectPublicKey.Rsa([0, .. modulus], [0, 1, 0, 1]));
        Assert.Throws<KeyServiceException>(() => SubjectPublicKey.Rsa(modulus, [3]));
        Assert.Throws<KeyServiceException>(() => SubjectPublicKey.Rsa(modulus.AsSpan(128), [1, 0, 1]));
    }

    [Theory]
    [InlineData("06082a8648ce3d030107", "P-256")]
    [InlineData("06052b81040023", "P-521")]
    [InlineData("06032b6570", "Ed25519")]
    [InlineData("130c656477617264733235353139", "Ed25519")]
    [InlineData("06052b8104000a", "secp256k1")]
    [InlineData("30", "")]
    [InlineData("", "")]
    public void Curves_are_known_by_oid_and_by_name(string hex, string curve) =>
        Assert.Equal(curve, Curves.NameOf(Convert.FromHexString(hex)));

    [Fact]
    public void Return_codes_are_named_as_the_standard_names_them()
    {
        Assert.Equal("CKR_PIN_INCORRECT", CryptokiException.NameOf(CkReturn.PinIncorrect));
        Assert.Equal("CKR_CRYPTOKI_NOT_INITIALIZED", CryptokiException.NameOf(CkReturn.CryptokiNotInitialized));
        Assert.Equal("CKR 0x80000383", CryptokiException.NameOf((CkReturn)0x80000383));
    }

    [Fact]
    public void Wrong_settings_are_named()
    {
        var problems = Pkcs11OptionsRules.Problems(new Pkcs11Options
        {
            Module = "relative.so",
            MaxSessions = 0,
            SessionWait = TimeSpan.FromHours(1),
            CallTimeout = TimeSpan.Zero,
            KeyCallTimeout = TimeSpan.Zero,
        }).ToList();
        string[] settings = ["Module", "TokenLabel", "PinFile", "MaxSessions", "SessionWait", "CallTimeout", "KeyCallTimeout"];
        Assert.Equal(settings.Length, problems.Count);
        Assert.All(settings, setting => Assert.Contains(problems, problem => problem.StartsWith(setting + " ", StringComparison.Ordinal)));
        Assert.Empty(Pkcs11OptionsRules.Problems(new Pkcs11Options { Module = "/m.so", TokenLabel = "t", PinFile = "/p" }));
    }
}
