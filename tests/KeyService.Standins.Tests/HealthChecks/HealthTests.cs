using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using KeyService.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace KeyService.Standins.Tests.HealthChecks;

public sealed class HealthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Python_client_reads_the_health()
    {
        await using var server = await HealthServer.StartAsync();
        var run = await ProcessRun.RunAsync(
            "/usr/bin/python3", // Debian's own: grpcio belongs to that interpreter only
            [Repository.PathOf("tests", "peers", "python", "health.py"), server.Address.Authority, Repository.Root],
            TimeSpan.FromSeconds(60), cancellationToken: Cancellation);
        Peer.AssertPassed(
            run, "check-mapped-service", "check-broken-service", "check-whole-server", "check-unknown-service", "watch-mapped-service",
            "watch-broken-service", "watch-unknown-service");
    }

    [Fact]
    public async Task Service_without_a_check_is_unknown()
    {
        await using var server = await HealthServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var response = await new Health.HealthClient(channel).CheckAsync(new() { Service = "nothing" }, cancellationToken: Cancellation);
        Assert.Equal(ServingStatus.Unknown, response.Status);
    }

    [Fact]
    public async Task Watch_tells_each_change_once()
    {
        await using var server = await HealthServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var watch = new Health.HealthClient(channel).Watch(new() { Service = "library" }, cancellationToken: Cancellation);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        await PublishAsync(server, HealthStatus.Healthy); // no change
        await PublishAsync(server, HealthStatus.Unhealthy);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));

        await PublishAsync(server, HealthStatus.Degraded);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
    }

    [Theory]
    [InlineData("library")]
    [InlineData("unknown")]
    public async Task Watch_ends_with_not_serving_when_the_server_stops(string service)
    {
        await using var server = await HealthServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var watch = new Health.HealthClient(channel).Watch(new() { Service = service }, cancellationToken: Cancellation);
        await NextAsync(watch);

        var stop = server.StopAsync();
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.False(await watch.ResponseStream.MoveNext(Cancellation));
        await stop.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(Cancellation).WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        return watch.ResponseStream.Current.Status;
    }

    private static Task PublishAsync(HealthServer server, HealthStatus shelves)
    {
        var entries = new Dictionary<string, HealthReportEntry>
        {
            ["shelves"] = new(shelves, null, TimeSpan.Zero, null, null, ["library"]),
            ["broken"] = new(HealthStatus.Unhealthy, null, TimeSpan.Zero, null, null),
        };
        return server.Reports.PublishAsync(new HealthReport(entries, TimeSpan.Zero), Cancellation);
    }
}
