using System.Globalization;
using System.Text;
using KeyService.Core.Keys;
using KeyService.Server.Guard;
using KeyService.Server.Signing;
using KeyService.Testing;

namespace KeyService.Server.Tests.Rotation;

/// <summary>Until when the tokens of a key live is recorded apart from signing, and keeps the key published.</summary>
public sealed class ExpiryRecorderTests : IAsyncDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(30);
    private readonly World _world = new();
    private readonly GuardMetrics _metrics = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_signed_is_recorded_in_one_save_however_much_it_was()
    {
        var replica = await _world.StartWithSetAsync();
        using var recorder = replica.NewRecorder();
        await recorder.RecordAsync(Cancelled);
        Assert.Null((await _world.ActiveAsync()).Dates.SignedUntil);

        for (var i = 0; i < 100; i++)
            await SignAsync(replica, _world.Clock, Life + TimeSpan.FromSeconds(i % 7));
        var before = _world.Store.Saves;
        await recorder.RecordAsync(Cancelled);
        await recorder.RecordAsync(Cancelled);
        Assert.Equal(before + 1, _world.Store.Saves);
        var latest = _world.Clock.GetUtcNow() + Life + TimeSpan.FromSeconds(6);
        Assert.InRange((await _world.ActiveAsync()).Dates.SignedUntil!.Value, latest, latest + (World.Policy.MaxTokenLifetime / 8));
    }

    [Fact]
    public async Task Bytes_of_unknown_content_count_as_the_longest_token()
    {
        var replica = await _world.StartWithSetAsync();
        var signer = new JwsSigner(replica.Catalog, _metrics, _world.Clock);
        await signer.SignAsync(World.SetName, new SignerInput(new byte[32], IsDigest: true), null, null, SignAttempt.Patience, Cancelled);
        using var recorder = replica.NewRecorder();
        await recorder.RecordAsync(Cancelled);
        Assert.True((await _world.ActiveAsync()).Dates.SignedUntil >= _world.Clock.GetUtcNow() + World.Policy.MaxTokenLifetime);
    }

    [Fact]
    public async Task While_the_store_is_away_nothing_is_lost_and_at_the_end_the_rest_is_recorded()
    {
        var replica = await _world.StartWithSetAsync();
        using var recorder = replica.NewRecorder();
        _world.Store.IsAway = true;
        await SignAsync(replica, _world.Clock, Life);
        await recorder.RecordAsync(Cancelled);
        _world.Store.IsAway = false;
        await recorder.StopAsync(Cancelled);
        Assert.True((await _world.ActiveAsync()).Dates.SignedUntil >= _world.Clock.GetUtcNow() + Life);
    }

    [Fact]
    public async Task A_key_stays_published_for_a_token_of_a_replica_whose_clock_is_an_hour_ahead()
    {
        var right = await _world.StartWithSetAsync();
        var ahead = new ManualClock(_world.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        var wrong = _world.Start(ahead);
        await wrong.Catalog.RefreshAsync(Cancelled);
        var old = await _world.ActiveAsync();
        var expiry = await SignAsync(wrong, ahead, World.Policy.MaxTokenLifetime);
        await right.RotateAsync(emergency: true);
        var planned = await DatesAsync(old);
        Assert.True(planned.Unpublishes < expiry); // the plan alone would break that token

        using var recorder = wrong.NewRecorder();
        await recorder.RecordAsync(Cancelled);
        Assert.Equal(expiry + (2 * World.Policy.ClockSkew), (await DatesAsync(old)).Unpublishes);
    }

    [Fact]
    public async Task What_was_signed_with_the_key_of_a_signer_that_is_removed_is_recorded_all_the_same()
    {
        var replica = await _world.StartWithSetAsync(World.Hsm, World.Cloud);
        var key = await _world.ActiveAsync();
        await SignAsync(replica, _world.Clock, Life);
        await replica.Rotator.UpdateAsync(World.SetName, keySet => keySet with { Signers = [World.Cloud] }, 0, Cancelled);
        using var recorder = replica.NewRecorder();
        await recorder.RecordAsync(Cancelled);
        Assert.True((await DatesAsync(key)).SignedUntil >= _world.Clock.GetUtcNow() + Life);
    }

    public async ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        await _world.DisposeAsync();
    }

    /// <returns>The exp of the token.</returns>
    private async Task<DateTimeOffset> SignAsync(Replica replica, TimeProvider clock, TimeSpan life)
    {
        var expiry = DateTimeOffset.FromUnixTimeSeconds((clock.GetUtcNow() + life).ToUnixTimeSeconds());
        var claims = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"exp":{{expiry.ToUnixTimeSeconds()}}}"""));
        await new JwsSigner(replica.Catalog, _metrics, clock).SignJwtAsync(World.SetName, claims, "JWT", null, null, SignAttempt.Patience, Cancelled);
        return expiry;
    }

    private async Task<KeyDates> DatesAsync(Key key) => (await _world.GetAsync()).Keys.Single(other => other.Kid == key.Kid).Dates;
}
