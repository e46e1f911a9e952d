using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using KeyService.Core.Audit;
using KeyService.Protos.V1;
using KeyService.Server.Audit;
using KeyService.Server.Tests.Client;
using KeyService.Testing;

namespace KeyService.Server.Tests.Audit;

/// <summary>What the real server writes of real calls.</summary>
public sealed class AuditedServerTests(SoftHsmTokens tokens) : IDisposable
{
    private const string Secret = "a payload that nobody may find in the log";
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    private JsonElement[] Lines =>
    [
        .. AuditFormat.InOrder(Directory.EnumerateFiles(_folder.Path)).SelectMany(File.ReadLines).Select(line => JsonDocument.Parse(line).RootElement),
    ];

    [Fact]
    public async Task A_signature_has_one_line_that_tells_who_what_and_with_which_key()
    {
        await using var server = await StartAsync();
        var message = ByteString.CopyFromUtf8(Secret);
        var signed = await server.Grpc.SignAsync(new SignRequest { KeySet = "default", Message = message });
        var line = Assert.Single(Of("Sign"));
        Assert.Equal(
            ("end", "anonymous", "default", signed.Kid, "ES256", "OK"),
            (Text(line, "event"), Text(line, "principal"), Text(line, "key_set"), Text(line, "kid"), Text(line, "alg"), Text(line, "outcome")));
        Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(message.Span)), Text(line, "sha256"));
        Assert.StartsWith("ipv4:127.0.0.1:", Text(line, "peer"), StringComparison.Ordinal);
        Assert.Equal(32, Text(line, "trace")!.Length);

        var digest = SHA512.HashData(message.Span)[..32];
        await server.Grpc.SignAsync(new SignRequest { KeySet = "default", Digest = ByteString.CopyFrom(digest) });
        Assert.Equal((Base64Url.EncodeToString(digest), null), (Text(Of("Sign")[1], "digest"), Text(Of("Sign")[1], "sha256")));
        AssertSecretIsNowhere();
    }

    [Fact]
    public async Task A_jwt_has_the_hash_of_its_signing_input_over_gRPC_and_over_HTTP()
    {
        await using var server = await StartAsync();
        var claims = $$"""{"sub":"{{Secret}}","exp":{{server.Expiry()}}}""";
        var overGrpc = (await server.Grpc.SignJwtAsync(new SignJwtRequest { KeySet = "default", ClaimsJson = claims })).Jwt;
        using var content = new StringContent(JsonSerializer.Serialize(new { claims_json = claims }), Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/keySets/default:signJwt") { Content = content };
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var answer = await server.Http.SendAsync(request, TestEnd);
        var overHttp = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestEnd)).RootElement.GetProperty("jwt").GetString()!;
        var lines = Of("SignJwt");
        Assert.Equal([HashOf(overGrpc), HashOf(overHttp)], lines.Select(line => Text(line, "sha256")));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", Text(lines[1], "trace"));
        AssertSecretIsNowhere();

        static string HashOf(string jwt) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(jwt[..jwt.LastIndexOf('.')])));
    }

    [Fact]
    public async Task Each_item_of_a_batch_has_a_line_and_what_is_refused_has_one_too()
    {
        await using var server = await StartAsync();
        await server.Grpc.SignBatchAsync(new SignBatchRequest { KeySet = "default", Items = { Item(""), Item("ES256"), Item("RS256") } });
        Assert.Equal(["OK", "OK", "FAILED_PRECONDITION ALGORITHM_NOT_OFFERED"], Of("SignBatch").Select(Ending));

        await Refusal.OfAsync(() => server.Grpc.SignAsync(new SignRequest { KeySet = "nowhere", Message = ByteString.CopyFromUtf8(Secret) }));
        await Refusal.OfAsync(() => server.Grpc.SignJwtAsync(new SignJwtRequest { KeySet = "default", ClaimsJson = $$"""{"sub":"{{Secret}}"}""" }));
        Assert.Equal("NOT_FOUND KEY_SET_NOT_FOUND", Ending(Assert.Single(Of("Sign"))));
        Assert.Equal("INVALID_ARGUMENT CLAIMS_REJECTED", Ending(Assert.Single(Of("SignJwt"))));
        AssertSecretIsNowhere();
    }

    [Fact]
    public async Task A_change_has_a_line_before_and_after_and_so_has_all_that_the_provider_does_for_it()
    {
        await using var server = await StartAsync();
        var first = (await server.Grpc.GetKeySetAsync("default")).Keys.Single().Kid;
        await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default", Emergency = true, Reason = "kid \"x\" leaked\u2028" });
        await server.Grpc.RevokeAsync(new RevokeKeyRequest { KeySet = "default", Kid = first, Reason = "it leaked" });
        await server.Grpc.DeleteAsync(new DeleteKeySetRequest { KeySet = "default" });

        Assert.Equal(["begin", "end"], Of("Rotate").Select(line => Text(line, "event")));
        Assert.All(Of("Rotate"), line => Assert.Equal((true, "kid \"x\" leaked\u2028"), (line.GetProperty("override").GetBoolean(), Text(line, "reason"))));
        Assert.All(Of("RevokeKey"), line => Assert.Equal((true, "it leaked", first), (line.GetProperty("override").GetBoolean(), Text(line, "reason"), Text(line, "kid"))));
        Assert.All(Of("DeleteKeySet"), line => Assert.False(line.TryGetProperty("override", out _)));

        var made = Of("Provider.CreateKey");
        Assert.Equal(["begin", "end", "begin", "end"], made.Select(line => Text(line, "event"))); // at the start, and by the rotation
        Assert.Equal((first, "keyservice", "softhsm", "OK"), (Text(made[1], "kid"), Text(made[1], "principal"), Text(made[1], "provider"), Text(made[1], "outcome")));
        Assert.Equal(Text(Of("Rotate")[0], "trace"), Text(made[2], "trace"));
    }

    [Fact]
    public async Task What_the_worker_destroys_is_told_by_its_kid()
    {
        var clock = new ManualClock();
        await using var server = await StartAsync(clock, ("KeySets:default:Retention", "0s"), ("Storage:RefreshInterval", "1s"));
        var first = (await server.Grpc.GetKeySetAsync("default")).Keys.Single().Kid;
        await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default", Emergency = true, Reason = "a drill" });
        await server.Grpc.RevokeAsync(new RevokeKeyRequest { KeySet = "default", Kid = first });
        clock.Advance(TimeSpan.FromSeconds(2));
        await Eventually.HoldsAsync(() => Of("Provider.DestroyKey").Length == 2, "the revoked key is destroyed");
        Assert.Equal(["begin", "end"], Of("Provider.DestroyKey").Select(line => Text(line, "event")));
        Assert.All(Of("Provider.DestroyKey"), line => Assert.Equal((first, "default"), (Text(line, "kid"), Text(line, "key_set"))));
    }

    [Fact]
    public async Task Checkpoints_verify_with_the_published_keys_and_the_stop_ends_the_log()
    {
        await using var server = await StartAsync(time: null, ("Audit:CheckpointKeySet", "default"), ("Audit:CheckpointLines", "5"));
        for (var i = 0; i < 12; i++)
            await server.Grpc.SignAsync(new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8("a") });
        await Eventually.HoldsAsync(() => Lines.Any(line => Text(line, "event") == "checkpoint"), "a checkpoint is made");
        var jwks = await server.Http.GetByteArrayAsync(new Uri("/.well-known/jwks.json", UriKind.Relative), TestEnd);
        var file = _folder["jwks.json"]; // no file of the log
        await File.WriteAllBytesAsync(file, jwks, TestEnd);
        Assert.Equal((3, "OPEN END"), await VerifyAsync("--jwks", file));
        await server.StopAsync();
        Assert.Equal((0, "WHOLE"), await VerifyAsync("--jwks", file));
        Assert.Equal((0, "WHOLE"), await VerifyAsync());

        var log = AuditFormat.InOrder(Directory.EnumerateFiles(_folder.Path)).Single();
        await File.WriteAllTextAsync(log, (await File.ReadAllTextAsync(log, TestEnd)).Replace("anonymous", "anonymouse", StringComparison.Ordinal), TestEnd);
        Assert.Equal((2, "DAMAGED"), await VerifyAsync());
        Assert.Equal((1, ""), await VerifyAsync("--from", "3"));
    }

    [Fact]
    public void Every_RPC_either_has_lines_or_is_known_to_read_only()
    {
        var requests = new[] { SigningServiceReflection.Descriptor, JwksServiceReflection.Descriptor, KeySetServiceReflection.Descriptor }
            .SelectMany(file => file.Services).SelectMany(service => service.Methods).Select(method => method.InputType);
        foreach (var request in requests)
        {
            var hasLines = AuditedCall.Of(request.Parser.ParseFrom([]), new CallOrigin("p", "q", null), DateTimeOffset.UnixEpoch) is not null;
            Assert.True(hasLines != AuditedCall.Readers.Contains(request.ClrType), request.Name);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static string? Text(JsonElement line, string member) => line.TryGetProperty(member, out var value) ? value.GetString() : null;

    private static SignBatchItem Item(string algorithm) => new() { Message = ByteString.CopyFromUtf8(Secret), Algorithm = algorithm };

    private static string Ending(JsonElement line) => $"{Text(line, "outcome")} {Text(line, "error")}".TrimEnd();

    private JsonElement[] Of(string method) => [.. Lines.Where(line => Text(line, "method") == method)];

    private void AssertSecretIsNowhere()
    {
        foreach (var file in AuditFormat.InOrder(Directory.EnumerateFiles(_folder.Path)))
            Assert.DoesNotContain("payload", File.ReadAllText(file), StringComparison.Ordinal);
    }

    private Task<TestServer> StartAsync(TimeProvider? time = null, params (string Key, string Value)[] settings) =>
        TestServer.StartAsync(tokens, time, [("Audit:Path", _folder.Path), .. settings]);

    private Task<(int? ExitCode, string Verdict)> VerifyAsync(params string[] arguments) => Keyservice.VerifyAsync(_folder.Path, arguments);
}
