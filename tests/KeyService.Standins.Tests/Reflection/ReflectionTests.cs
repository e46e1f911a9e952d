using KeyService.Standins.Tests.HealthChecks;
using KeyService.Testing;

namespace KeyService.Standins.Tests.Reflection;

public sealed class ReflectionTests
{
    [Fact]
    public async Task Node_client_learns_the_service_and_calls_it()
    {
        await using var server = await HealthServer.StartAsync();
        var run = await ProcessRun.RunAsync(
            "node",
            [Repository.PathOf("tests", "peers", "node", "reflection.mjs"), server.Address.Authority, Repository.Root],
            TimeSpan.FromSeconds(60), cancellationToken: TestContext.Current.CancellationToken);
        Peer.AssertPassed(
            run, "v1-lists-services", "v1alpha-lists-services", "errors-do-not-end-the-stream", "extensions",
            "service-can-be-called-by-its-descriptors-alone");
    }
}
