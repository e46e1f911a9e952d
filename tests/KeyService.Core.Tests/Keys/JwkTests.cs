using System.Buffers;
using System.Text;
using System.Text.Json;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Core.Tests.Vectors;

namespace KeyService.Core.Tests.Keys;

public sealed class JwkTests
{
    [Theory]
    [InlineData("RFC 7638 3.1")]
    [InlineData("RFC 8037 A.3")]
    [InlineData("RFC 9964 3")]
    public void The_thumbprint_is_that_of_the_rfc(string source)
    {
        var vector = RfcVectors.Load("thumbprints.json").EnumerateArray().Single(item => item.GetProperty("source").GetString() == source);
        Assert.Equal(vector.GetProperty("thumbprint").GetString(), RfcVectors.ReadJwk(vector.GetProperty("jwk")).Thumbprint());
    }

    [Fact]
    public void The_thumbprint_of_an_ec_key_covers_crv_kty_x_and_y()
    {
        var key = TestKeys.EcJwk;
        var hash = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(
            $$"""{"crv":"P-256","kty":"EC","x":"{{key.X}}","y":"{{key.Y}}"}"""));
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(hash), key.Thumbprint());
        Assert.NotEqual(key.Thumbprint(), (key with { Y = key.X }).Thumbprint());
    }

    [Fact]
    public void A_published_rsa_key_has_exactly_these_bytes()
    {
        var key = TestKeys.RsaJwk;
        Assert.Equal(
            $$"""{"kty":"RSA","use":"sig","alg":"PS256","kid":"k1","n":"{{key.Modulus}}","e":"AQAB"}""",
            Published(key, "k1", SigningAlgorithm.PS256));
    }

    [Fact]
    public void A_published_ec_key_has_exactly_these_bytes()
    {
        var key = TestKeys.EcJwk;
        Assert.Equal(
            $$"""{"kty":"EC","use":"sig","alg":"ES256","kid":"k1","crv":"P-256","x":"{{key.X}}","y":"{{key.Y}}"}""",
            Published(key, "k1", SigningAlgorithm.ES256));
    }

    [Fact]
    public void A_published_ed25519_key_has_exactly_these_bytes() =>
        Assert.Equal(
            """{"kty":"OKP","use":"sig","alg":"Ed25519","kid":"k1","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""",
            Published(TestKeys.Ed25519Jwk, "k1", SigningAlgorithm.Ed25519));

    [Fact]
    public void A_published_ml_dsa_key_has_exactly_these_bytes()
    {
        var key = TestKeys.MlDsaJwk;
        Assert.Equal(
            $$"""{"kty":"AKP","use":"sig","alg":"ML-DSA-44","kid":"k1","pub":"{{key.Public}}"}""",
            Published(key, "k1", SigningAlgorithm.MlDsa44));
        Assert.Throws<ArgumentException>(() => Published(key, "k1", SigningAlgorithm.MlDsa65));
    }

    [Fact]
    public void A_key_is_not_published_for_an_algorithm_it_cannot_do()
    {
        Assert.Throws<ArgumentException>(() => Published(TestKeys.RsaJwk, "k1", SigningAlgorithm.ES256));
        Assert.Throws<ArgumentException>(() => Published(TestKeys.EcJwk, "k1", SigningAlgorithm.ES384));
        Assert.Throws<ArgumentException>(() => Published(TestKeys.Ed25519Jwk, "k1", SigningAlgorithm.RS256));
    }

    private static string Published(Jwk key, string kid, SigningAlgorithm algorithm)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            key.WriteTo(writer, kid, algorithm);

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
