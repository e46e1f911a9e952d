using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using KeyService.Server.Guard;
using KeyService.Server.Rotation;
using KeyService.Server.Signing;
using KeyService.Server.Tests.Rotation;
using KeyService.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Guard;

/// <summary>A key set with ES256 at home in two providers, as the signing path sees it.</summary>
internal sealed class TwoHomes : IAsyncDisposable
{
    public const string SetName = "orders";
    private readonly InMemoryKeySetStore _store = new(new CrashPoints());
    private readonly GuardMetrics _metrics = new();
    private readonly KeyRotator _rotator;

    private TwoHomes(TimeProvider time, GuardOptions options)
    {
        Providers = new KeyProviders(new[] { First, Second }.Select(provider => Guards.Around(provider, time, options, _metrics)));
        var staleness = new Staleness(new StorageSettings("", TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)), time);
        Catalog = new KeySetCatalog(_store, Providers, staleness, NullLogger<KeySetCatalog>.Instance);
        var writer = new KeySetWriter(_store, Catalog);
        var fulfilment = new KeyFulfilment(writer, new KeyMaker(Providers, NullLogger<KeyMaker>.Instance), Providers, staleness, time, NullLogger<KeyFulfilment>.Instance);
        _rotator = new KeyRotator(writer, fulfilment, staleness, time);
        Signer = new JwsSigner(Catalog, _metrics, time);
    }

    public ScriptedKeyProvider First { get; } = new("first");

    public ScriptedKeyProvider Second { get; } = new("second");

    public KeyProviders Providers { get; }

    public KeySetCatalog Catalog { get; }

    public JwsSigner Signer { get; }

    /// <summary>Starts with one key in each home.</summary>
    public static async Task<TwoHomes> StartAsync(TimeProvider time, GuardOptions? options = null)
    {
        var homes = new TwoHomes(time, options ?? new GuardOptions());
        await homes._rotator.CreateAsync(
            new KeySet
            {
                Name = SetName,
                Created = time.GetUtcNow(),
                Policy = World.Policy,
                Signers = [new Signer(SigningAlgorithm.ES256, "first"), new Signer(SigningAlgorithm.ES256, "second")],
            }, requestId: null, TestContext.Current.CancellationToken);
        return homes;
    }

    public Key KeyOf(ScriptedKeyProvider provider) => Catalog.Get(SetName).KeySet.Keys.Single(key => key.Provider == provider.Name);

    public async Task<SignedBytes> SignAsync(
        byte[]? message = null, string? kid = null, double seconds = 2, CancellationToken? caller = null) =>
        await Signer.SignAsync(SetName, new SignerInput(message ?? [1, 2, 3], IsDigest: false), algorithm: null, kid, TimeSpan.FromSeconds(seconds), caller ?? TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Catalog.Dispose();
        _metrics.Dispose();
        await First.DisposeAsync();
        await Second.DisposeAsync();
        await _store.DisposeAsync();
    }
}
