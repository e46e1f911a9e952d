using System.Net.Http.Json;
using System.Text.Json;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Server.Catalog;
using KeyService.Server.Rotation;
using KeyService.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Rotation;

/// <summary>
/// A real server that signs without pause while its keys rotate, in a time that leaps from one event to the next. Every token is
/// verified by every verifier when it is made, now and then, and in the last second of its life.
/// </summary>
internal sealed class CompressedTime : IAsyncDisposable
{
    private static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LastSecond = TimeSpan.FromSeconds(1);
    private readonly Random _random = new(20300101);
    private readonly ManualClock _clock;
    private readonly TestServer _server;
    private readonly string _name;
    private readonly List<JwksVerifier> _verifiers = [];
    private readonly PriorityQueue<(string Jwt, DateTimeOffset Made), DateTimeOffset> _checks = new();

    private CompressedTime(ManualClock clock, TestServer server, string name) => (_clock, _server, _name) = (clock, server, name);

    public List<string> Failures { get; } = [];

    public HashSet<string> Kids { get; } = new(StringComparer.Ordinal);

    public int Verifications { get; private set; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <param name="name">The key set's name: no other test's, since all of them share a token.</param>
    public static async Task<CompressedTime> StartAsync(SoftHsmTokens tokens, string name)
    {
        var clock = new ManualClock();
#pragma warning disable CA2000 // what is returned owns it
        var server = await TestServer.StartAsync(
            tokens,
            new TickedByHandClock(clock),
            ($"KeySets:{name}:Signers:0:Algorithm", "ES256"),
            ($"KeySets:{name}:Signers:0:Provider", "softhsm"),
            ($"KeySets:{name}:Propagation", "6m"),
            ($"KeySets:{name}:MaxTokenLifetime", "10m"),
            ($"KeySets:{name}:Retention", "5m"),
            ($"KeySets:{name}:ClockSkew", "5s"));
#pragma warning restore CA2000
        return new CompressedTime(clock, server, name);
    }

    /// <summary>Adds a verifier that has fetched nothing yet; see <see cref="JwksVerifier"/>.</summary>
    public JwksVerifier AddVerifier(TimeSpan? keep = null, TimeSpan? unknownKidPause = null, string? keySet = null)
    {
        _verifiers.Add(new JwksVerifier(_server.Http, $"/{keySet ?? _name}/.well-known/jwks.json", _clock, keep, unknownKidPause));
        return _verifiers[^1];
    }

    /// <summary>Rotates that many times, at random distances of a few seconds to minutes, and goes on until the last token has expired.</summary>
    public async Task RunAsync(int rotations)
    {
        var nextRotation = _clock.GetUtcNow();
        while (rotations > 0)
        {
            if (_clock.GetUtcNow() >= nextRotation)
            {
                await RotateAsync();
                rotations--;
                nextRotation = _clock.GetUtcNow() + TimeSpan.FromSeconds(_random.Next(5, 150));
            }

            await SignAsync();
            await LeapAsync(TimeSpan.FromMilliseconds(_random.Next(1, 40_000)));
        }

        while (_checks.Count > 0)
            await LeapAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>The keys of the set in the token.</summary>
    public async Task<IReadOnlyList<ProviderKey>> HeldAsync()
    {
        var provider = _server.Services.GetRequiredService<KeyProviders>().Get("softhsm");
        return await provider.FindKeysAsync(KeyIntent.LabelPrefix(_name), Cancelled);
    }

    public KeySet Recorded => _server.Services.GetRequiredService<KeySetCatalog>().Get(_name).KeySet;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Goes to each check that comes due on the way, in order.</summary>
    private async Task LeapAsync(TimeSpan by)
    {
        var end = _clock.GetUtcNow() + by;
        while (_checks.TryPeek(out var token, out var due) && due <= end)
        {
            _checks.Dequeue();
            MoveTo(due);
            await CheckAsync(token.Jwt, token.Made);
        }

        MoveTo(end);
        await _server.Services.GetRequiredService<RotationWorker>().RunOnceAsync(Cancelled);
    }

    private void MoveTo(DateTimeOffset instant)
    {
        if (instant > _clock.GetUtcNow())
            _clock.Advance(instant - _clock.GetUtcNow());
    }

    private async Task SignAsync()
    {
        var now = _clock.GetUtcNow();
        var expires = DateTimeOffset.FromUnixTimeSeconds((now + TokenLife).ToUnixTimeSeconds());
        using var answer = await _server.Http.PostAsJsonAsync(
            $"/v1/keySets/{_name}:signJwt", new { claims_json = $$"""{"sub":"a","exp":{{expires.ToUnixTimeSeconds()}}}""" }, Cancelled);
        var jwt = (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancelled)).GetProperty("jwt").GetString()!; // the answer has it
        await CheckAsync(jwt, now);
        _checks.Enqueue((jwt, now), now + TimeSpan.FromSeconds(_random.Next(1, 590)));
        _checks.Enqueue((jwt, now), expires - LastSecond);
    }

    private async Task CheckAsync(string jwt, DateTimeOffset made)
    {
        foreach (var verifier in _verifiers)
        {
            Verifications++;
            if (await verifier.FaultOfAsync(jwt, Cancelled) is { } fault)
                Failures.Add($"token of {made:O} at {_clock.GetUtcNow():O}: {fault}");
        }
    }

    private async Task RotateAsync()
    {
        using var answer = await _server.Http.PostAsJsonAsync($"/v1/keySets/{_name}:rotate", new { }, Cancelled);
        var keySet = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        foreach (var key in keySet.GetProperty("keys").EnumerateArray())
            Kids.Add(key.GetProperty("kid").GetString()!); // every key has one
    }
}
