using System.Buffers.Text;
using System.Formats.Asn1;
using System.Net.Http.Json;
using System.Numerics;
using System.Text;
using System.Text.Json;
using KeyService.Core.Keys;
using KeyService.Testing;

namespace KeyService.Server.Tests.Interop;

/// <summary>Every algorithm verifies with other people's code, through the JWKS that is served; forgeries do not.</summary>
public sealed class VerificationTests(IssuedTokens issued) : IClassFixture<IssuedTokens>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly JsonSerializerOptions CaseJson = new(JsonSerializerDefaults.Web);

    public static TheoryData<string> Algorithms => [.. IssuedTokens.Algorithms];

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public Task Jose_agrees() => AgreesAsync("node", Repository.PathOf("tests", "peers", "node", "verify.mjs"));

    // Debian's PyJWT belongs to Debian's interpreter, which need not be the first on PATH.
    [Fact]
    public Task PyJWT_and_cryptography_agree() => AgreesAsync("/usr/bin/python3", Repository.PathOf("tests", "peers", "python", "verify.py"));

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task OpenSSL_agrees(string algorithm)
    {
        var folder = Directory.CreateTempSubdirectory("keyservice-openssl-");
        try
        {
            foreach (var one in issued.Cases.Where(one => one.Alg == algorithm))
            {
                var run = await ProcessRun.RunAsync("openssl", await ArgumentsAsync(one, folder.FullName), Limit, cancellationToken: TestEnd);
                Assert.True(run.ExitCode == (one.Genuine ? 0 : 1), $"{one.Name}: {run}");
                if (one.Genuine)
                    Assert.Contains(run.Lines, line => line is "Verified OK" or "Signature Verified Successfully");
                else
                    Assert.Contains(run.Lines, line => line is "Verification failure" or "Signature Verification Failure");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task AgreesAsync(string interpreter, string program)
    {
        var cases = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(cases, JsonSerializer.Serialize(issued.Cases, CaseJson), TestEnd);
            var run = await ProcessRun.RunAsync(interpreter, [program, cases], Limit, cancellationToken: TestEnd);
            Assert.True(run.ExitCode == 0, run.ToString());
            Assert.Equal(issued.Cases.Select(one => $"ok {one.Name}"), run.Lines.Where(line => line.StartsWith("ok ", StringComparison.Ordinal)));
        }
        finally
        {
            File.Delete(cases);
        }
    }

    private async Task<string[]> ArgumentsAsync(VerificationCase one, string folder)
    {
        var parts = one.Token.Split('.');
        var signature = Base64Url.DecodeFromChars(parts[2]);
        var key = await WriteAsync("key.pem", await PemAsync(one.Url, parts[0]));
        var input = await WriteAsync("input", Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"));
        var made = await WriteAsync("signature", one.Alg.StartsWith("ES", StringComparison.Ordinal) ? Der(signature) : signature);
        if (one.Alg == "Ed25519")
            return ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-sigfile", made, "-in", input];
        string[] padding = one.Alg.StartsWith("PS", StringComparison.Ordinal)
            ? ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] // RFC 7518 §3.5: the salt is as long as the hash
            : [];
        return ["dgst", $"-sha{one.Alg[2..]}", "-verify", key, .. padding, "-signature", made, input];

        async Task<string> WriteAsync(string name, byte[] content)
        {
            var path = Path.Combine(folder, name);
            await File.WriteAllBytesAsync(path, content, TestEnd);
            return path;
        }
    }

    private async Task<byte[]> PemAsync(Uri url, string header)
    {
        var kid = JsonDocument.Parse(Base64Url.DecodeFromChars(header)).RootElement.GetProperty("kid").GetString();
        var jwks = await issued.Server.Http.GetFromJsonAsync<JsonElement>(url, TestEnd);
        var json = jwks.GetProperty("keys").EnumerateArray().Single(key => key.GetProperty("kid").GetString() == kid);
        var jwk = new Jwk
        {
            KeyType = json.GetProperty("kty").GetString()!,
            Curve = Member("crv"),
            X = Member("x"),
            Y = Member("y"),
            Modulus = Member("n"),
            Exponent = Member("e"),
        };
        var base64 = Convert.ToBase64String(jwk.ToSubjectPublicKeyInfo(), Base64FormattingOptions.InsertLineBreaks);
        return Encoding.ASCII.GetBytes($"-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n");

        string? Member(string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    /// <summary>R‖S as the SEQUENCE of two INTEGERs that X9.62, and so openssl, wants.</summary>
    private static byte[] Der(ReadOnlySpan<byte> signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(signature[..(signature.Length / 2)], isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(signature[(signature.Length / 2)..], isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }
}
