using System.Net;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Catalog;
using KeyService.Server.Telemetry;
using KeyService.Server.Tests.Access;
using KeyService.Server.Tests.SeveralHomes;
using KeyService.Testing;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Telemetry;

/// <summary>What the real server's <c>/metrics</c> tells. Instruments are the whole process's: tests go by key sets of their own.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class MetricsTests(SoftHsmTokens tokens)
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_signatures_keys_and_plans_are_counted_and_timed()
    {
        await using var server = await StartAsync("measured");
        var message = ByteString.CopyFromUtf8("x");
        await server.Grpc.SignAsync(new SignRequest { KeySet = "measured", Message = message });
        await server.Grpc.SignAsync(new SignRequest { KeySet = "measured", Message = message });
        await server.Grpc.RotateAsync(new RotateRequest { KeySet = "measured" });
        await Assert.ThrowsAsync<RpcException>(() => server.Grpc.SignAsync(new SignRequest { KeySet = "absent", Message = message }));
        var found = await Scrape.OfAsync(server.Http);

        Assert.Equal(4, found.Sum("keyservice_provider_signatures_total", "key_set=\"measured\"", "provider=\"softhsm\"", "algorithm=\"ES256\"", "outcome=\"OK\"")); // the probe of each key is one
        Assert.Null(found.Sum("keyservice_provider_signatures_total", "key_set=\"absent\""));
        Assert.True(found.Sum("keyservice_provider_sign_duration_seconds_bucket", "le=\"5E-05\"") is not null && found.Sum("keyservice_provider_sign_duration_seconds_bucket", "le=\"10\"") is not null);
        Assert.Equal(found.Sum("keyservice_provider_sign_duration_seconds_count"), found.Sum("keyservice_provider_sign_duration_seconds_bucket", "le=\"+Inf\""));
        Assert.True(found.Sum("keyservice_rpc_duration_seconds_count", "method=\"/keyservice.v1.SigningService/Sign\"", "status=\"NOT_FOUND\"") >= 1);
        Assert.True(found.Sum("keyservice_rpc_duration_seconds_sum", "method=\"/keyservice.v1.SigningService/Sign\"", "status=\"OK\"") > 0);
        Assert.True(found.Sum("keyservice_rotations_total", "cause=\"request\"", "outcome=\"OK\"") >= 2);
        Assert.InRange(found.Sum("keyservice_key_set_next_activation_seconds", "key_set=\"measured\"")!.Value, 3500, 3600); // what Rotate planned: one propagation
        Assert.InRange(found.Sum("keyservice_key_age_seconds", "key_set=\"measured\"", "algorithm=\"ES256\"")!.Value, 0, 60);
        Assert.True(found.Sum("keyservice_provider_sessions", "state=\"idle\"") >= 1);
        Assert.Equal(1, found.Sum("keyservice_store_reachable"));
        Assert.Contains("dotnet_gc_heap_total_allocated_bytes_total", found.Names);
        Assert.Contains("dotnet_process_cpu_time_seconds_total", found.Names);
    }

    [Fact]
    public async Task A_key_that_its_provider_has_lost_is_told_until_another_signs()
    {
        await using var server = await StartAsync("bereft");
        var provider = server.Services.GetRequiredService<KeyProviders>().Get("softhsm");
        var lost = server.Services.GetRequiredService<KeySetCatalog>().Get("bereft").KeySet.Keys.Single();
        var sign = new SignRequest { KeySet = "bereft", Message = ByteString.CopyFromUtf8("x") };
        Assert.Equal(0, (await Scrape.OfAsync(server.Http)).Sum("keyservice_key_unusable", "key_set=\"bereft\"", "provider=\"softhsm\""));

        await provider.DestroyKeyAsync(lost.Handle, TestEnd);
        await Assert.ThrowsAsync<RpcException>(() => server.Grpc.SignAsync(sign));
        Assert.Equal(1, (await Scrape.OfAsync(server.Http)).Sum("keyservice_key_unusable", "key_set=\"bereft\"", "provider=\"softhsm\""));
        var ready = await server.Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative), TestEnd); // or it would throw: 200
        Assert.Contains("\"Degraded\"", ready, StringComparison.Ordinal);
        Assert.Contains($"{lost.Kid} of bereft in softhsm", ready, StringComparison.Ordinal);

        await server.Grpc.RotateAsync(new RotateRequest { KeySet = "bereft", Emergency = true, Reason = "lost" });
        await server.Grpc.SignAsync(sign);
        Assert.Equal(0, (await Scrape.OfAsync(server.Http)).Sum("keyservice_key_unusable", "key_set=\"bereft\"", "provider=\"softhsm\""));
        Assert.DoesNotContain(lost.Kid, await server.Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative), TestEnd), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_for_a_jwks_are_counted_by_what_came_of_them()
    {
        await using var server = await StartAsync("published");
        var before = await Scrape.OfAsync(server.Http);
        var published = new Uri("/published/.well-known/jwks.json", UriKind.Relative);
        using var served = await server.Http.GetAsync(published, TestEnd);
        using var again = new HttpRequestMessage(HttpMethod.Get, published) { Headers = { IfNoneMatch = { served.Headers.ETag! } } };
        Assert.Equal(HttpStatusCode.NotModified, (await server.Http.SendAsync(again, TestEnd)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(server.Http, "/absent/.well-known/jwks.json"));
        var after = await Scrape.OfAsync(server.Http);
        foreach (var outcome in (string[])["served", "not_modified", "KEY_SET_NOT_FOUND"])
            Assert.True(Requests(after, outcome) > Requests(before, outcome), outcome); // other tests' servers count along

        static double Requests(Scrape scrape, string outcome) => scrape.Sum("keyservice_jwks_requests_total", $"outcome=\"{outcome}\"") ?? 0;
    }

    [Fact]
    public async Task Promtool_takes_the_text_and_finds_fault_with_names_of_the_runtime_only()
    {
        await using var server = await StartAsync("checked");
        using var folder = new TemporaryDirectory();
        var file = Path.Combine(folder.Path, "metrics");
        await File.WriteAllTextAsync(file, (await Scrape.OfAsync(server.Http)).Text, TestEnd);
        var check = await ProcessRun.RunAsync("sh", ["-c", "\"$0\" check metrics <\"$1\"", Prometheus.Tool, file], Prometheus.ToolLimit, cancellationToken: TestEnd);
        Assert.Contains(check.ExitCode, (int?[])[0, 3]); // 3: findings, 1: not even readable
        Assert.All(check.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), finding => Assert.StartsWith("dotnet_", finding, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_port_for_scrapers_has_metrics_and_health_and_nothing_else()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy, ("Listen:Metrics", "http://127.0.0.1:0"));
        using var scraper = new HttpClient { BaseAddress = AddressesOf(secured.Server)[^1] };
        Assert.Contains("keyservice_certificate_expiry_seconds", (await Scrape.OfAsync(scraper)).Names);
        Assert.Contains("keyservice_client_ca_expiry_seconds", (await Scrape.OfAsync(scraper)).Names);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(scraper, "/health/live"));
        foreach (var path in (string[])["/.well-known/jwks.json", "/v1/keySets", "/v1/keySets/default", "/healthy", "/metricsx", "/"])
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(scraper, path));
    }

    [Fact]
    public async Task Who_may_read_every_key_set_reads_the_metrics_from_wherever_it_calls()
    {
        // A Unix socket has no address, so its callers do not count as being on this machine. The access matrix has the others.
        await using var secured = await SecuredServer.StartAsync(tokens, Policy);
        Assert.Contains("keyservice_key_sets", (await Scrape.OfAsync(secured.UnixClient())).Names);
    }

    [Fact]
    public async Task Nothing_is_served_where_the_settings_say_so()
    {
        await using var server = await TestServer.StartAsync(tokens, time: null, ("Telemetry:Prometheus", "false"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(server.Http, MetricsEndpoint.Path));
    }

    private static string Policy => $$"""
        version: 1
        principals:
          - { name: local, match: [ { unix: { uid: {{ProcessUser.Id}} } } ], grants: [ { keySets: "*", permissions: [ sign, read ] } ] }
        """;

    private static Uri[] AddressesOf(TestServer server) =>
        [.. server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))];

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), TestEnd);
        return answer.StatusCode;
    }

    private Task<TestServer> StartAsync(string keySet) => TestServer.StartAsync(tokens, time: null, ($"KeySets:{keySet}:Signers:0:Algorithm", "ES256"));
}
