using System.Buffers.Text;
using System.Text;
using Google.Protobuf;
using KeyService.Protos.V1;

namespace KeyService.Server.Tests.Interop;

/// <summary>A server with a key of each algorithm, and tokens it signed: genuine ones and forgeries of three kinds.</summary>
public sealed class IssuedTokens(SoftHsmTokens tokens) : IAsyncLifetime
{
    private const string Issuer = "https://issuer.example";
    private static readonly string[] Rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    private static readonly string[] Curves = ["ES256", "ES384", "ES512", "Ed25519"];

    public static IEnumerable<string> Algorithms => Rsa.Concat(Curves);

    public IReadOnlyList<VerificationCase> Cases { get; private set; } = [];

    internal TestServer Server { get; private set; } = null!; // InitializeAsync comes before every use

    public async ValueTask InitializeAsync()
    {
        Server = await TestServer.StartAsync(
            tokens, time: null, [.. Set("rsa", Rsa), .. Set("curves", Curves), .. Set("rsa-other", Rsa), .. Set("curves-other", Curves)]);
        var cases = new List<VerificationCase>();
        foreach (var algorithm in Algorithms)
            cases.AddRange(await CasesOfAsync(Rsa.Contains(algorithm) ? "rsa" : "curves", algorithm));
        Cases = cases;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private async Task<VerificationCase[]> CasesOfAsync(string set, string algorithm)
    {
        var jwt = (await Server.Grpc.SignJwtAsync(new SignJwtRequest { KeySet = set, Algorithm = algorithm, ClaimsJson = Claims(algorithm) })).Jwt;
        var parts = jwt.Split('.');
        var signingInput = $"{parts[0]}.{parts[1]}";
        var stranger = await Server.Grpc.SignAsync(new SignRequest { KeySet = set + "-other", Algorithm = algorithm, Message = ByteString.CopyFromUtf8(signingInput) });
        var signature = Base64Url.DecodeFromChars(parts[2]);
        signature[^1] ^= 1;
        var payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Claims(algorithm).Replace("\"role\":\"user\"", "\"role\":\"root\"", StringComparison.Ordinal)));
        return
        [
            Case("genuine", jwt) with { Genuine = true },
            Case("tampered-signature", $"{signingInput}.{Base64Url.EncodeToString(signature)}"),
            Case("tampered-payload", $"{parts[0]}.{payload}.{parts[2]}"),
            Case("another-key", $"{signingInput}.{Base64Url.EncodeToString(stranger.Signature.Span)}"),
        ];

        VerificationCase Case(string kind, string token) => new()
        {
            Name = $"{algorithm}-{kind}",
            Url = new Uri(Server.Http.BaseAddress!, $"/{set}/.well-known/jwks.json"),
            Token = token,
            Alg = algorithm,
            Issuer = Issuer,
            Genuine = false,
        };
    }

    private string Claims(string algorithm) => $$"""{"iss":"{{Issuer}}","sub":"{{algorithm}}","role":"user","exp":{{Server.Expiry()}}}""";

    private static IEnumerable<(string, string)> Set(string name, string[] algorithms) =>
        algorithms.Select((algorithm, i) => ($"KeySets:{name}:Signers:{i}:Algorithm", algorithm)).Append(($"KeySets:{name}:Issuer", Issuer));
}
