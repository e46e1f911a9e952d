using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyService.Core.Audit;
using KeyService.Server.Tests.SeveralHomes;
using KeyService.Server.Tests.Telemetry.Otlp;
using KeyService.Testing;

namespace KeyService.Server.Tests.Telemetry;

/// <summary>What a collector gets of the real server. It is sent when the server stops, so nothing is waited for.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class TraceTests(SoftHsmTokens tokens) : IDisposable
{
    private const string Payload = "a payload that no trace may hold";
    private const string Signing = "0af7651916cd43dd8448eb211c80319c";
    private const string Rotating = "1bf7651916cd43dd8448eb211c80319c";
    private const string Unrecorded = "2cf7651916cd43dd8448eb211c80319c";
    private const string Caller = "b7ad6b7169203331";
    private const int Server = 2, Client = 3;
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("HttpProtobuf")]
    [InlineData("Grpc")]
    public async Task A_callers_trace_goes_on_through_the_call_to_the_provider(string protocol)
    {
        await using var collector = await Collector.StartAsync(protocol == "Grpc");
        var kid = await SignAndRotateAsync(collector, protocol);
        var spans = collector.Spans.ToLookup(span => Convert.ToHexStringLower(span.TraceId.Span));

        var call = Assert.Single(spans[Signing], span => span.Kind == Server);
        var sign = Assert.Single(spans[Signing], span => span.Kind == Client);
        Assert.Equal("keyservice.v1.SigningService/Sign", call.Name);
        Assert.Equal(Caller, Convert.ToHexStringLower(call.ParentSpanId.Span));
        Assert.Equal("provider sign", sign.Name);
        Assert.Equal(call.SpanId, sign.ParentSpanId);
        Assert.Equal(
            ("traced", kid, "ES256", "softhsm", "OK"),
            (Of(sign, "key_set"), Of(sign, "kid"), Of(sign, "algorithm"), Of(sign, "provider"), Of(sign, "outcome")));

        var rotate = Assert.Single(spans[Rotating], span => span.Name == "rotate");
        Assert.Equal(("traced", "OK"), (Of(rotate, "key_set"), Of(rotate, "outcome")));
        Assert.Contains(spans[Rotating], span => span.Name == "provider create key" && span.ParentSpanId == rotate.SpanId);
        Assert.Empty(spans[Unrecorded]);
        Assert.All(collector.RawTraces, body => Assert.DoesNotContain(Payload, Encoding.UTF8.GetString(body), StringComparison.Ordinal));

        Assert.Contains("keyservice.rpc.duration", collector.Metrics);
        Assert.Contains("dotnet.gc.heap.total_allocated", collector.Metrics);
        Assert.All(collector.Tokens, token => Assert.Equal("a secret, with a comma", token));
        var lines = AuditFormat.InOrder(Directory.EnumerateFiles(_folder["audit"])).SelectMany(File.ReadLines);
        Assert.Contains(lines, line => line.Contains("\"method\":\"Sign\"", StringComparison.Ordinal) && line.Contains($"\"trace\":\"{Signing}\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_collector_that_is_away_or_silent_holds_up_neither_calls_nor_the_stop()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start(); // takes connections, and no more
        long began;
        await using (var server = await StartAsync(new Uri($"http://{silent.LocalEndpoint}"), "HttpProtobuf", ("ShutdownTimeout", "500ms")))
        {
            await PostAsync(server, "sign", Signing, "01");
            began = TimeProvider.System.GetTimestamp();
        }

        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10), "the stop waited for the collector");
    }

    public void Dispose() => _folder.Dispose();

    private async Task<string> SignAndRotateAsync(Collector collector, string protocol)
    {
        await using var server = await StartAsync(collector.Address, protocol);
        var signed = await PostAsync(server, "sign", Signing, "01");
        await PostAsync(server, "rotate", Rotating, "01");
        await PostAsync(server, "sign", Unrecorded, "00");
        await server.StopAsync();
        return signed.GetProperty("kid").GetString()!;
    }

    private Task<TestServer> StartAsync(Uri collector, string protocol, params (string Key, string Value)[] settings)
    {
        var headers = _folder["headers"];
        Secrets.Write(headers, "x-token: a secret, with a comma\n");
        return TestServer.StartAsync(tokens, time: null,
        [
            ("KeySets:traced:Signers:0:Algorithm", "ES256"),
            ("Audit:Path", _folder["audit"]),
            ("Telemetry:Otlp:Endpoint", collector.ToString()),
            ("Telemetry:Otlp:Protocol", protocol),
            ("Telemetry:Otlp:HeadersFile", headers),
            .. settings,
        ]);
    }

    private static async Task<JsonElement> PostAsync(TestServer server, string act, string trace, string flags)
    {
        object body = act == "sign" ? new { message = Convert.ToBase64String(Encoding.UTF8.GetBytes(Payload)) } : new { };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/keySets/traced:{act}") { Content = JsonContent.Create(body) };
        request.Headers.Add("traceparent", $"00-{trace}-{Caller}-{flags}");
        using var answer = await server.Http.SendAsync(request, TestEnd);
        return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(TestEnd);
    }

    private static string? Of(Span span, string attribute) => span.Attributes.FirstOrDefault(pair => pair.Key == $"keyservice.{attribute}")?.Value.StringValue;
}
