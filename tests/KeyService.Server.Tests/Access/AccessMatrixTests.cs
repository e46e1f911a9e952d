using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Access;

/// <summary>Who gets what answer: every kind of caller, every method over gRPC and as JSON, every route, three key sets.</summary>
public sealed class AccessMatrixTests(SoftHsmTokens tokens)
{
    /// <summary>
    /// Each cell is three answers: for a key set that the caller's grant covers, for one of another tenant (its JWKS private), and for a name
    /// that the grant covers but that does not exist. O: let in. N: NOT_FOUND. D: PERMISSION_DENIED. U: UNAUTHENTICATED. X: no connection.
    /// </summary>
    private const string Expected = """
        method             anonymous signer reader admin rotator misaddressed untrusted local
        Sign               UUU       ODD    DDD    DDD   DDD     UUU          XXX       ODN
        SignJwt            UUU       ODD    DDD    DDD   DDD     UUU          XXX       ODN
        SignBatch          UUU       ODD    DDD    DDD   DDD     UUU          XXX       ODO
        GetJwks            OUN       ODN    ODN    ODN   ODN     OUN          XXX       ODN
        WatchJwks          OUN       ODN    ODN    ODN   ODN     OUN          XXX       ODN
        CreateKeySet       UUU       DDD    DDD    ODO   DDD     UUU          XXX       DDD
        GetKeySet          UUU       DDD    ODN    ODN   DDD     UUU          XXX       ODN
        ListKeySets        UUU       DDD    OOO    OOO   DDD     UUU          XXX       OOO
        UpdateKeySet       UUU       DDD    DDD    ODN   DDD     UUU          XXX       DDD
        DeleteKeySet       UUU       DDD    DDD    ODN   DDD     UUU          XXX       DDD
        Rotate             UUU       DDD    DDD    DDD   ODD     UUU          XXX       DDD
        RevokeKey          UUU       DDD    DDD    ODN   DDD     UUU          XXX       DDD
        jwks.json          OUN       ODN    ODN    ODN   ODN     OUN          XXX       ODN
        openid             OUN       ODN    ODN    ODN   ODN     OUN          XXX       ODN
        default/jwks.json  OOO       OOO    OOO    OOO   OOO     OOO          XXX       OOO
        default/openid     OOO       OOO    OOO    OOO   OOO     OOO          XXX       OOO
        health/live        OOO       OOO    OOO    OOO   OOO     OOO          XXX       OOO
        health/ready       OOO       OOO    OOO    OOO   OOO     OOO          XXX       OOO
        metrics            OOO       OOO    OOO    OOO   OOO     OOO          XXX       DDD
        Health/Check       OOO       OOO    OOO    OOO   OOO     OOO          XXX       OOO
        Health/Watch       OOO       OOO    OOO    OOO   OOO     OOO          XXX       OOO
        reflection v1      OOO       OOO    OOO    OOO   OOO     OOO          XXX       OOO
        reflection v1alpha OOO       OOO    OOO    OOO   OOO     OOO          XXX       OOO
        """;

    private const string Policy = """
        version: 1
        privateJwks: [ "tenant-b*" ]
        principals:
          - { name: signer,  match: [ { spiffe: "spiffe://example.org/signer" } ],      grants: [ { keySets: "tenant-a*", permissions: sign } ] }
          - { name: reader,  match: [ { dns: reader.example } ],                        grants: [ { keySets: "tenant-a*", permissions: read } ] }
          - { name: admin,   match: [ { subject: "CN=admin" } ],                        grants: [ { keySets: "tenant-a*", permissions: [ admin, read ] } ] }
          - { name: rotator, match: [ { jwt: { issuer: "https://login.example", subject: rotator } } ], grants: [ { keySets: "tenant-a*", permissions: rotate } ] }
          - { name: local,   match: [ { unix: { uid: $UID } } ],                        grants: [ { keySets: "tenant-a*", permissions: [ sign, read ] } ] }
        """;

    private static readonly string[] KeySets = ["tenant-a", "tenant-b", "tenant-a-absent"];

    private static readonly string Kid = new('a', 43);

    [Fact]
    public async Task Every_caller_gets_what_the_table_says_everywhere()
    {
        await using var secured = await StartAsync();
        using var stranger = new TestAuthority("strangers");
        using X509Certificate2
            signer = secured.Authority.Issue("CN=whoever", uris: ["spiffe://example.org/signer"], names: ["reader.example"]),
            reader = secured.Authority.Issue("CN=admin", names: ["reader.example"]),
            admin = secured.Authority.Issue("CN=admin"),
            untrusted = stranger.Issue("CN=admin");
        HttpClient[] callers =
        [
            secured.Client(), secured.Client(signer), secured.Client(reader), secured.Client(admin), secured.Client(token: secured.Issuer.Token()),
            secured.Client(token: secured.Issuer.Token(("aud", "another-service"))), secured.Client(untrusted), secured.UnixClient(),
        ];

        var head = Expected.Split('\n')[0];
        var actual = new StringBuilder(head);
        foreach (var row in Rows())
        {
            var line = row.Name.PadRight(head.IndexOf("anonymous", StringComparison.Ordinal));
            foreach (var (caller, name) in callers.Zip(head.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)))
                line += (await CellAsync(row, caller)).PadRight(name.Length + 1);
            actual.Append('\n').Append(line.TrimEnd());
        }

        Assert.Equal(Expected, actual.ToString());
    }

    [Fact]
    public async Task Nothing_is_mapped_that_the_table_leaves_out()
    {
        await using var secured = await StartAsync();
        var mapped = secured.Server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName ?? endpoint.RoutePattern.RawText!)
            .Where(name => !name.EndsWith('}')) // gRPC's answer to unknown methods
            .Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(Rows().Select(row => row.Grpc ?? row.Path!).Order(StringComparer.Ordinal), mapped);
    }

    [Fact]
    public void What_is_mapped_without_an_entry_stops_the_start()
    {
        var bytes = Marshallers.Create<byte[]>(static value => value, static value => value);
        var call = new GrpcMethodMetadata(typeof(object), new Method<byte[], byte[]>(MethodType.Unary, "keyservice.v1.SigningService", "SignAnything", bytes, bytes));
        Endpoint[] forgotten =
        [
            new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse("/debug"), order: 0, EndpointMetadataCollection.Empty, "forgotten"),
            new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse("/v1/keySets/{key_set}"), order: 0, new EndpointMetadataCollection(call), "forgotten"),
        ];
        Assert.All(forgotten, endpoint =>
            Assert.StartsWith("forgotten has no entry", Assert.Throws<InvalidOperationException>(() => AccessTable.Of(endpoint)).Message, StringComparison.Ordinal));
    }

    private Task<SecuredServer> StartAsync() => SecuredServer.StartAsync(
        tokens, Policy.Replace("$UID", ProcessUser.Id, StringComparison.Ordinal),
        ("KeySets:default:Issuer", "https://id.example"),
        ("KeySets:tenant-a:Issuer", "https://id.example/a"),
        ("KeySets:tenant-a:Signers:0:Algorithm", "ES256"),
        ("KeySets:tenant-b:Issuer", "https://id.example/b"),
        ("KeySets:tenant-b:Signers:0:Algorithm", "ES256"));

    /// <summary>The three answers, alike over gRPC and HTTP where the method is there on both.</summary>
    private static async Task<string> CellAsync(Row row, HttpClient caller)
    {
        var cell = "";
        foreach (var keySet in KeySets)
        {
            var grpc = row.Grpc is null ? (char?)null : await Answer.OfGrpcAsync(caller, row.Grpc, row.Request?.Invoke(keySet), row.Streams);
            var http = row.Path is null ? (char?)null : await HttpAsync(row, caller, keySet);
            Assert.True(grpc is null || http is null || grpc == http, $"{row.Name} of {keySet}: {grpc} over gRPC, {http} as JSON");
            cell += grpc ?? http;
        }

        return cell;
    }

    private static Task<char> HttpAsync(Row row, HttpClient caller, string keySet)
    {
        var inPath = row.Path!.Contains("{key_set}", StringComparison.Ordinal);
        var body = row.Verb == HttpMethod.Get || row.Verb == HttpMethod.Delete ? null : row.Request?.Invoke(inPath ? "" : keySet);
        return Answer.OfHttpAsync(caller, row.Verb, row.Path.Replace("{key_set}", keySet, StringComparison.Ordinal), body);
    }

    /// <summary>Requests that are in order, or wrong in a way that is only seen once the caller is in: nothing may be changed for good.</summary>
    private static Row[] Rows()
    {
        const string signing = "/keyservice.v1.SigningService/", jwks = "/keyservice.v1.JwksService/", sets = "/keyservice.v1.KeySetService/", one = "/v1/keySets/{key_set}";
        const ulong never = 999_999;
        var input = ByteString.CopyFromUtf8("x");
        var expiry = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 300;
        var claims = string.Create(CultureInfo.InvariantCulture, $$"""{"exp":{{expiry}}}""");
        return
        [
            new("Sign", signing + "Sign", HttpMethod.Post, one + ":sign", set => new SignRequest { KeySet = set, Message = input }),
            new("SignJwt", signing + "SignJwt", HttpMethod.Post, one + ":signJwt", set => new SignJwtRequest { KeySet = set, ClaimsJson = claims }),
            new("SignBatch", signing + "SignBatch", HttpMethod.Post, one + ":signBatch", set => new SignBatchRequest { KeySet = set, Items = { new SignBatchItem { Message = input } } }),
            new("GetJwks", jwks + "GetJwks", HttpMethod.Get, one + "/jwks", set => new GetJwksRequest { KeySet = set }),
            new("WatchJwks", jwks + "WatchJwks", HttpMethod.Get, null, set => new WatchJwksRequest { KeySet = set }) { Streams = true },
            new("CreateKeySet", sets + "CreateKeySet", HttpMethod.Post, "/v1/keySets", set => new CreateKeySetRequest { KeySet = set, RequestId = " " }),
            new("GetKeySet", sets + "GetKeySet", HttpMethod.Get, one, set => new GetKeySetRequest { KeySet = set }),
            new("ListKeySets", sets + "ListKeySets", HttpMethod.Get, "/v1/keySets", _ => new ListKeySetsRequest()),
            new("UpdateKeySet", sets + "UpdateKeySet", HttpMethod.Patch, one, set => new UpdateKeySetRequest { KeySet = set, Spec = new KeySetSpec { Issuer = "https://other.example" }, Revision = never }),
            new("DeleteKeySet", sets + "DeleteKeySet", HttpMethod.Delete, one + "?revision=999999", set => new DeleteKeySetRequest { KeySet = set, Revision = never }),
            new("Rotate", sets + "Rotate", HttpMethod.Post, one + ":rotate", set => new RotateRequest { KeySet = set, RequestId = "matrix" }),
            new("RevokeKey", sets + "RevokeKey", HttpMethod.Post, $"{one}/keys/{Kid}:revoke", set => new RevokeKeyRequest { KeySet = set, Kid = set.Length == 0 ? "" : Kid }),
            new("jwks.json", null, HttpMethod.Get, "/{key_set}/.well-known/jwks.json", null),
            new("openid", null, HttpMethod.Get, "/{key_set}/.well-known/openid-configuration", null),
            new("default/jwks.json", null, HttpMethod.Get, "/.well-known/jwks.json", null),
            new("default/openid", null, HttpMethod.Get, "/.well-known/openid-configuration", null),
            new("health/live", null, HttpMethod.Get, "/health/live", null),
            new("health/ready", null, HttpMethod.Get, "/health/ready", null),
            new("metrics", null, HttpMethod.Get, "/metrics", null),
            new("Health/Check", "/grpc.health.v1.Health/Check", HttpMethod.Get, null, _ => new ListKeySetsRequest()), // an empty message
            new("Health/Watch", "/grpc.health.v1.Health/Watch", HttpMethod.Get, null, _ => new ListKeySetsRequest()) { Streams = true },
            new("reflection v1", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", HttpMethod.Get, null, null),
            new("reflection v1alpha", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", HttpMethod.Get, null, null),
        ];
    }

    private sealed record Row(string Name, string? Grpc, HttpMethod Verb, string? Path, Func<string, IMessage>? Request)
    {
        public bool Streams { get; init; }
    }
}
