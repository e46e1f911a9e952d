using System.Collections.Immutable;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using KeyService.Core.Signing;
using KeyService.Testing;

namespace KeyService.Server.Tests.Rotation;

/// <summary>A store and two providers that outlive every server process, the clock, and what must hold between them.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string SetName = "orders";
    public static readonly Signer Hsm = new(SigningAlgorithm.ES256, "hsm");
    public static readonly Signer Cloud = new(SigningAlgorithm.ES256, "cloud");

    public static readonly KeySetPolicy Policy = new()
    {
        Propagation = TimeSpan.FromMinutes(10),
        MaxTokenLifetime = TimeSpan.FromHours(1),
        Retention = TimeSpan.FromHours(1),
        ClockSkew = TimeSpan.FromSeconds(10),
    };

    private readonly List<Replica> _replicas = [];

    public World()
    {
        Store = new InMemoryKeySetStore(Points);
        HsmProvider = new SoftwareKeyProvider("hsm", Points);
        CloudProvider = new SoftwareKeyProvider("cloud", Points);
    }

    public CrashPoints Points { get; } = new();

    public ManualClock Clock { get; } = new();

    public InMemoryKeySetStore Store { get; }

    public SoftwareKeyProvider HsmProvider { get; }

    public SoftwareKeyProvider CloudProvider { get; }

    /// <summary>A server process that starts now: with nothing in memory.</summary>
    /// <param name="configured">The key sets of its settings.</param>
    public Replica Start(params IReadOnlyList<KeySet> configured) => Start(Clock, configured);

    /// <summary>The same with a clock of its own.</summary>
    public Replica Start(TimeProvider clock, params IReadOnlyList<KeySet> configured)
    {
        var replica = new Replica(Store, [HsmProvider, CloudProvider], clock, configured);
        _replicas.Add(replica);
        return replica;
    }

    public KeySet Definition(params ImmutableArray<Signer> signers) => new()
    {
        Name = SetName,
        Created = Clock.GetUtcNow(),
        Policy = Policy,
        Signers = signers.IsEmpty ? [Hsm] : signers,
    };

    /// <summary>A server process with the key set made.</summary>
    public async Task<Replica> StartWithSetAsync(params ImmutableArray<Signer> signers)
    {
        var replica = Start();
        await replica.Rotator.CreateAsync(Definition(signers), requestId: null, TestContext.Current.CancellationToken);
        return replica;
    }

    /// <summary>The stored key set; null where there is none.</summary>
    public Task<KeySet?> FindAsync() => Store.FindAsync(SetName, TestContext.Current.CancellationToken);

    public async Task<KeySet> GetAsync() => await FindAsync() ?? throw new InvalidOperationException("The key set is gone.");

    /// <summary>The key that signs for <paramref name="signer"/> now.</summary>
    public async Task<Key> ActiveAsync(Signer? signer = null) =>
        KeyTimeline.ActiveAt(await GetAsync(), signer ?? Hsm, Clock.GetUtcNow()) ?? throw new InvalidOperationException("No key is active.");

    /// <summary>Nothing is pending, every signer has one active key, and store and providers hold the same keys.</summary>
    public async Task CheckAsync(string when = "")
    {
        var keySet = await FindAsync();
        Assert.True(keySet is null || keySet.Intents.IsEmpty, $"{when}: an intent is left");
        Key[] held = keySet is null ? [] : [.. keySet.Keys.Where(key => key.Dates.Erased is null)];
        foreach (var provider in new[] { HsmProvider, CloudProvider })
        {
            var recorded = held.Where(key => key.Provider == provider.Name).Select(key => key.Label).Order(StringComparer.Ordinal).ToArray();
            Assert.True(recorded.SequenceEqual(provider.Labels), $"{when}: recorded {string.Join(' ', recorded)}, held {string.Join(' ', provider.Labels)}");
        }

        foreach (var signer in keySet is { Deleted: null } ? keySet.Signers : [])
        {
            var active = held.Count(key => signer.Owns(key) && KeyTimeline.StateAt(key.Dates, Clock.GetUtcNow()) == KeyState.Active);
            Assert.True(active == 1, $"{when}: {active} active keys of {signer.Provider}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            replica.Dispose();
        await HsmProvider.DisposeAsync();
        await CloudProvider.DisposeAsync();
        await Store.DisposeAsync();
    }
}
