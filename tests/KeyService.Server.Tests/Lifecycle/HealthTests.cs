using System.Net;
using System.Text.Json;
using Google.Protobuf;
using KeyService.Protos.V1;
using KeyService.Server.Tests.Client;
using KeyService.Server.Tests.Http;
using KeyService.Testing;

namespace KeyService.Server.Tests.Lifecycle;

/// <summary>Health over HTTP and grpc.health.v1: of a server that has all it needs, and of one whose second token is not there.</summary>
public sealed class HealthTests(PublicServer crippled, SoftHsmTokens tokens) : IClassFixture<PublicServer>
{
    private const string Check = "/grpc.health.v1.Health/Check";

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_can_sign_is_live_and_ready()
    {
        await using var server = await TestServer.StartAsync(tokens);
        Assert.Equal((HttpStatusCode.OK, """{"status":"Healthy","checks":{"process":"Healthy"}}"""), await GetAsync(server, "/health/live"));
        Assert.Equal((HttpStatusCode.OK, """{"status":"Healthy","checks":{"process":"Healthy","providers":"Healthy","store":"Healthy","key_sets":"Healthy","signing_keys":"Healthy"}}"""), await GetAsync(server, "/health/ready"));
        Assert.Equal(1, await ServingStatusAsync(server));
    }

    [Fact]
    public async Task A_missing_token_turns_readiness_red_and_is_named()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(crippled.Server, "/health/live")).Status);
        var (status, text) = await GetAsync(crippled.Server, "/health/ready");
        var checks = JsonDocument.Parse(text).RootElement.GetProperty("checks");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.StartsWith("broken: ", checks.GetProperty("providers").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("softhsm", checks.GetProperty("providers").GetString(), StringComparison.Ordinal);
        Assert.Equal("no published key yet: keyless", checks.GetProperty("key_sets").GetString());
        Assert.Equal(2, await ServingStatusAsync(crippled.Server));
    }

    [Fact]
    public async Task A_missing_token_leaves_the_other_sets_signing_and_published()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(crippled.Server, "/.well-known/jwks.json")).Status);
        var signed = await crippled.Server.Grpc.SignAsync(new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8("a") });
        Assert.Equal(64, signed.Signature.Length);
        var refusal = await Refusal.OfAsync(() => crippled.Server.Grpc.SignAsync(new SignRequest { KeySet = "keyless", Message = ByteString.CopyFromUtf8("a") }));
        Assert.Equal((Grpc.Core.StatusCode.Unavailable, "NO_ACTIVE_KEY"), (refusal.Code, refusal.Reason));
    }

    [Fact]
    public async Task The_verb_tells_what_the_server_says()
    {
        Assert.Equal((0, """{"status":"Healthy","checks":{"process":"Healthy"}}"""), await AskAsync("/health/live"));
        var (code, text) = await AskAsync("/health/ready");
        Assert.Equal(1, code);
        Assert.Contains("no published key yet: keyless", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_verb_fails_where_nobody_answers()
    {
        var (code, output) = await Keyservice.RunAsync("health", $"http://127.0.0.1:{FreePorts.One()}/health/live");
        Assert.Equal(1, code);
        Assert.Contains("does not answer", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_health_answer_is_never_cached()
    {
        using var answer = await crippled.SendAsync(HttpMethod.Get, "/health/ready");
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    private async Task<(int Code, string Output)> AskAsync(string path)
    {
        var (code, output) = await Keyservice.RunAsync("health", new Uri(crippled.Server.Http.BaseAddress!, path).AbsoluteUri); // every server has one
        return (code, output.Trim());
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(TestServer server, string path)
    {
        using var answer = await PublicServer.SendAsync(server, HttpMethod.Get, path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestEnd));
    }

    /// <returns>1: SERVING, 2: NOT_SERVING.</returns>
    private static async Task<int> ServingStatusAsync(TestServer server)
    {
        using var raw = new HttpClient { BaseAddress = server.GrpcAddress, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var content = new ByteArrayContent(RawGrpc.Frame([]));
        content.Headers.ContentType = new("application/grpc");
        using var answer = await raw.PostAsync(new Uri(Check, UriKind.Relative), content, TestEnd);
        var frame = await answer.Content.ReadAsByteArrayAsync(TestEnd);
        Assert.Equal([0, 0, 0, 0, 2, 0x08], frame[..6]); // one message: field 1, a varint
        return frame[6];
    }
}
