using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Storage;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using KeyService.Server.Guard;
using KeyService.Server.Http;
using KeyService.Server.Rotation;
using KeyService.Server.Tests.Guard;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Rotation;

/// <summary>What one server process has of the rotation: its own memory, over a store and providers that it may share.</summary>
internal sealed class Replica : IDisposable
{
    private readonly TimeProvider _time;
    private readonly IKeySetStore _store;
    private readonly KeyProviders _providers;

    /// <param name="configured">The key sets of its settings.</param>
    public Replica(IKeySetStore store, IEnumerable<IKeyProvider> providers, TimeProvider time, params IReadOnlyList<KeySet> configured)
    {
        (_time, _store) = (time, store);
        var settings = Settings with { KeySets = configured };
        var all = _providers = new KeyProviders(providers.Select(provider => Guards.Around(provider, time)));
        Staleness = new Staleness(settings.Storage, time);
        Catalog = new KeySetCatalog(store, all, Staleness, NullLogger<KeySetCatalog>.Instance);
        Writer = new KeySetWriter(store, Catalog);
        var maker = new KeyMaker(all, NullLogger<KeyMaker>.Instance);
        var fulfilment = new KeyFulfilment(Writer, maker, all, Staleness, time, NullLogger<KeyFulfilment>.Instance);
        Rotator = new KeyRotator(Writer, fulfilment, Staleness, time);
        var keySets = new ConfiguredKeySets(Catalog, Rotator, settings, time, NullLogger<ConfiguredKeySets>.Instance);
        Worker = new RotationWorker(Catalog, Rotator, keySets, settings, time, NullLogger<RotationWorker>.Instance);
        Startup = new Startup(store, Catalog, Worker, keySets);
    }

    public KeySetCatalog Catalog { get; }

    public Staleness Staleness { get; }

    public KeySetWriter Writer { get; }

    public KeyRotator Rotator { get; }

    public RotationWorker Worker { get; }

    public Startup Startup { get; }

    private static ServerSettings Settings => new()
    {
        Listen = new ListenSettings(new Uri("http://127.0.0.1:0"), new Uri("http://127.0.0.1:0")),
        Storage = new StorageSettings(new object(), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
        Providers = [],
        KeySets = [],
        DefaultKeySet = "default",
        Jwks = new JwksSettings(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(5), JwksEndpoints.JwkSetType),
        Limits = new LimitSettings(1 << 20, 1 << 16, 256),
        Orphans = new OrphanSettings(TimeSpan.FromHours(1), DestroyAfter: null),
        ShutdownTimeout = TimeSpan.Zero,
    };

    /// <summary>Records what was signed. Not started.</summary>
    public ExpiryRecorder NewRecorder() => new(Catalog, Writer, Settings, _time, NullLogger<ExpiryRecorder>.Instance);

    /// <summary>Looks for keys that no set knows of. Not started.</summary>
    public OrphanSearch NewOrphanSearch(GuardMetrics metrics, TimeSpan? destroyAfter) => new(
        _store, Catalog, _providers, metrics, new OrphanSettings(TimeSpan.FromHours(1), destroyAfter), _time, NullLogger<OrphanSearch>.Instance);

    /// <summary>What reads the store while the worker is held up. Not started.</summary>
    public CatalogRefresher NewRefresher() => new(Catalog, Staleness, Settings, _time, NullLogger<CatalogRefresher>.Instance);

    public Task<KeySet> RotateAsync(string? requestId = null, bool emergency = false) =>
        Rotator.RotateAsync(World.SetName, new RotateCommand(requestId, emergency), TestContext.Current.CancellationToken);

    public Task<KeySet> RevokeAsync(string kid) =>
        Rotator.RevokeAsync(World.SetName, kid, "leaked", TestContext.Current.CancellationToken);

    public Task TendAsync() => Rotator.TendAsync(World.SetName, TestContext.Current.CancellationToken);

    public Task WorkAsync() => Worker.RunOnceAsync(TestContext.Current.CancellationToken);

    public void Dispose()
    {
        Worker.Dispose();
        Catalog.Dispose();
    }
}
