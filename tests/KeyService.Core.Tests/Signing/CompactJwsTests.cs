using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FsCheck.Fluent;
using KeyService.Core.Signing;
using KeyService.Core.Tests.Vectors;

namespace KeyService.Core.Tests.Signing;

public sealed class CompactJwsTests
{
    public static TheoryData<string> Vectors => RfcVectors.SignedWithKid;

    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_tokens_of_the_rfc_are_built_byte_for_byte(string source)
    {
        var vector = RfcVectors.Find(source);
        var header = new JwsHeader(vector.Algorithm, vector.Kid!, type: null); // the vectors here have a kid

        var signingInput = CompactJws.SigningInput(header, Encoding.UTF8.GetBytes(vector.Payload));

        Assert.Equal(vector.SigningInput, Encoding.ASCII.GetString(signingInput));
        Assert.Equal(vector.Compact, CompactJws.Assemble(signingInput, vector.Signature));
    }

    [Fact]
    public void Signing_as_the_rfc_does_gives_its_token()
    {
        var vector = RfcVectors.Find("RFC 7520 4.1"); // RSASSA-PKCS1-v1_5 is the one scheme that is deterministic everywhere
        using var pair = Keys.TestKeys.Rsa();
        var header = new JwsHeader(vector.Algorithm, vector.Kid!, type: null); // this vector has a kid
        var input = CompactJws.SigningInput(header, Encoding.UTF8.GetBytes(vector.Payload));
        var signature = pair.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        Assert.Equal(vector.Compact, CompactJws.Assemble(input, signature));
    }

    [Fact]
    public void Payload_and_signature_come_back_from_the_three_parts() =>
        Seeded.Check(Prop.ForAll(ArbMap.Default.ArbFor<(byte[] Payload, byte[] Signature)>(), value =>
        {
            var header = new JwsHeader(SigningAlgorithm.RS256, "k1");
            var token = CompactJws.Assemble(CompactJws.SigningInput(header, value.Payload), value.Signature);
            var parts = token.Split('.');
            return parts.Length == 3
                && parts[0] == Encoding.ASCII.GetString(header.Encoded)
                && StrictBase64Url.TryDecode(parts[1], out var payload) && payload.SequenceEqual(value.Payload)
                && StrictBase64Url.TryDecode(parts[2], out var signature) && signature.SequenceEqual(value.Signature);
        }));

    [Fact]
    public void A_token_costs_two_allocations()
    {
        var header = new JwsHeader(SigningAlgorithm.ES256, "k1");
        var (payload, signature) = (new byte[600], new byte[64]);
        var token = Token(header, payload, signature);

        var allocated = Allocations.Least(() => Token(header, payload, signature));

        var inputLength = token.LastIndexOf('.');
        Assert.InRange(allocated, 1, inputLength + (2 * token.Length) + 80); // 80: headers and padding of two objects
    }

    [Fact]
    public void A_whole_token_verifies_with_its_published_key()
    {
        using var pair = Keys.TestKeys.Ec(SigningAlgorithm.ES384);
        var key = Core.Keys.Jwk.FromSubjectPublicKeyInfo(pair.ExportSubjectPublicKeyInfo());
        var input = CompactJws.SigningInput(new JwsHeader(SigningAlgorithm.ES384, key.Thumbprint()), """{"exp":1300819380}"""u8);
        var token = CompactJws.Assemble(input, pair.SignData(input, HashAlgorithmName.SHA384));

        using var verifier = PublicKeyVerifier.Create(key, SigningAlgorithm.ES384);
        var dot = token.LastIndexOf('.');
        Assert.Equal(
            SignatureVerdict.Valid,
            verifier.VerifyMessage(Encoding.ASCII.GetBytes(token[..dot]), Base64Url.DecodeFromChars(token.AsSpan(dot + 1))));
    }

    private static string Token(JwsHeader header, byte[] payload, byte[] signature) =>
        CompactJws.Assemble(CompactJws.SigningInput(header, payload), signature);
}
