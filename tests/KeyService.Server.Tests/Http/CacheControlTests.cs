using KeyService.Protos.V1;
using KeyService.Testing;

namespace KeyService.Server.Tests.Http;

/// <summary>The served max-age never reaches past the next planned change, but for a floor: rule 4 of the design.</summary>
public sealed class CacheControlTests(SoftHsmTokens tokens)
{
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData("1h", "public, max-age=300")] // the setting Jwks:MaxAge
    [InlineData("2m", "public, max-age=60")] // half the propagation, so that a verifier learns of a key before it signs
    [InlineData("3s", "public, max-age=1")]
    [InlineData("0s", "public, no-cache")]
    public async Task Without_a_change_in_sight_it_is_the_setting_or_half_the_propagation(string propagation, string expected)
    {
        await using var server = await TestServer.StartAsync(tokens, _clock, ("KeySets:default:Propagation", propagation));
        Assert.Equal(expected, await CacheControlAsync(server));
    }

    [Fact]
    public async Task It_shrinks_towards_a_planned_change_down_to_the_floor()
    {
        await using var server = await TestServer.StartAsync(
            tokens, _clock, ("KeySets:default:Propagation", "1h"), ("KeySets:default:MaxTokenLifetime", "1h"), ("KeySets:default:ClockSkew", "0s"));
        await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default" }); // the successor signs in an hour

        Assert.Equal("public, max-age=300", await CacheControlAsync(server));
        _clock.Advance(TimeSpan.FromMinutes(55));
        Assert.Equal("public, max-age=300", await CacheControlAsync(server));
        _clock.Advance(TimeSpan.FromSeconds(200));
        Assert.Equal("public, max-age=100", await CacheControlAsync(server));
        Assert.Equal(100, (await server.Grpc.GetJwksAsync("default")).MaxAge.Seconds);
        _clock.Advance(TimeSpan.FromSeconds(94.5));
        Assert.Equal("public, max-age=5", await CacheControlAsync(server)); // 5.5 s before: rounded down
        _clock.Advance(TimeSpan.FromSeconds(4.5));
        Assert.Equal("public, max-age=5", await CacheControlAsync(server)); // 1 s before: the floor
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("public, max-age=300", await CacheControlAsync(server)); // the next change is an hour off: the old key leaves
    }

    [Fact]
    public async Task The_floor_gives_way_to_a_short_propagation()
    {
        await using var server = await TestServer.StartAsync(
            tokens, _clock, ("KeySets:default:Propagation", "4s"), ("Jwks:MinAge", "1m"));
        await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default" });
        _clock.Advance(TimeSpan.FromSeconds(3.5));
        Assert.Equal("public, max-age=2", await CacheControlAsync(server));
    }

    [Fact]
    public async Task A_new_key_is_served_at_once_and_the_old_one_until_its_date()
    {
        await using var server = await TestServer.StartAsync(
            tokens, _clock, ("KeySets:default:Propagation", "1h"), ("KeySets:default:MaxTokenLifetime", "1h"), ("KeySets:default:ClockSkew", "0s"));
        var old = (await server.Grpc.GetJwksAsync("default")).Jwks.Keys.Single().Kid;
        var rotated = await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default" });
        Assert.Equal(2, (await server.Grpc.GetJwksAsync("default")).Jwks.Keys.Count);
        var left = rotated.Keys.Single(key => key.Kid == old).Unpublishes.ToDateTimeOffset() - _clock.GetUtcNow();

        _clock.Advance(left - TimeSpan.FromSeconds(1));
        Assert.Equal("public, max-age=5", await CacheControlAsync(server));
        Assert.Equal(2, (await server.Grpc.GetJwksAsync("default")).Jwks.Keys.Count);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(old, (await server.Grpc.GetJwksAsync("default")).Jwks.Keys.Single().Kid);
    }

    private static async Task<string> CacheControlAsync(TestServer server)
    {
        using var answer = await PublicServer.SendAsync(server, HttpMethod.Get, "/.well-known/jwks.json");
        using var unchanged = await PublicServer.SendAsync(server, HttpMethod.Get, "/.well-known/jwks.json", ("If-None-Match", answer.Headers.ETag!.Tag));
        Assert.Equal(304, (int)unchanged.StatusCode);
        var header = answer.Headers.GetValues("Cache-Control").Single();
        Assert.Equal(header, unchanged.Headers.GetValues("Cache-Control").Single());
        return header;
    }
}
