using System.Net.Http.Json;
using System.Text.Json;
using KeyService.Protos.V1;

namespace KeyService.Server.Tests.KeySets;

public sealed class PlanTests(SoftHsmTokens tokens)
{
    [Fact]
    public async Task A_key_set_tells_over_grpc_and_http_what_comes_next_and_why_not_sooner()
    {
        await using var server = await TestServer.StartAsync(tokens);
        Assert.Empty((await server.Grpc.GetKeySetAsync("default")).Plan); // rotated by hand: nothing is in sight
        var rotated = await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default" });
        var successor = rotated.Keys.Single(static key => key.State == KeyState.PreActive);

        var plan = (await server.Grpc.GetKeySetAsync("default")).Plan;
        Assert.Equal(["The key signs ES256.", "The key signs no more."], plan.Take(2).Select(static step => step.What).Order(StringComparer.Ordinal));
        var first = plan.Single(static step => step.What == "The key signs ES256.");
        Assert.Equal((successor.Kid, successor.Activates), (first.Kid, first.At));
        Assert.Contains("the propagation, 1 hour", first.Why, StringComparison.Ordinal);

        var http = await server.Http.GetFromJsonAsync<JsonElement>("/v1/keySets/default", TestContext.Current.CancellationToken);
        Assert.Equal(plan.Select(static step => step.Why), http.GetProperty("plan").EnumerateArray().Select(static step => step.GetProperty("why").GetString()));
    }
}
