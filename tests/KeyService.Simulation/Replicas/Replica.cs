using KeyService.Core;
using KeyService.Server;
using KeyService.Server.Catalog;
using KeyService.Server.Guard;
using KeyService.Server.Rotation;
using KeyService.Server.Signing;
using KeyService.Simulation.Backends;
using KeyService.Simulation.VirtualTime;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Simulation.Replicas;

/// <summary>
/// A server process: the product's own classes over wires to the shared store and providers. When it dies it loses its memory,
/// and is started anew a little later, with another error of its clock.
/// </summary>
internal sealed class Replica(string name, World world)
{
    /// <summary>Without retries, whose pauses are random by nature; and without verification, since signatures are symbols here.</summary>
    private static readonly GuardOptions Guard = new() { Retries = 0, VerifySignatures = SignatureCheck.Off };

    private readonly SortedDictionary<long, Action> _open = [];
    private long _calls;

    public string Name => name;

    public bool IsReady { get; private set; }

    public TimeSpan Skew { get; private set; }

    public Lane Lane { get; private set; } = new(world.Scheduler);

    public KeySetCatalog Catalog { get; private set; } = null!; // from the first start on

    public KeyRotator Rotator { get; private set; } = null!;

    public JwsSigner Signer { get; private set; } = null!;

    public JwksReader Jwks { get; private set; } = null!;

    public SkewedClock Clock { get; private set; } = null!;

    public Wire StoreWire { get; private set; } = null!;

    public IReadOnlyList<Wire> ProviderWires { get; private set; } = [];

    public void Start()
    {
        Skew = world.RandomSkew();
        Lane = new Lane(world.Scheduler) { Died = OnDeath };
        Clock = new SkewedClock(world.Scheduler, Lane, Skew);
        StoreWire = world.Wire(World.StoreFaults, () => new KeyServiceException(KeyServiceError.StoreUnavailable, "The store is away."));
        var store = new LossyStore(world.Store, StoreWire, world.Bug);
        ProviderWires = [.. world.Providers.Select(_ => world.Wire(
            World.ProviderFaults, () => new KeyServiceException(KeyServiceError.ProviderUnavailable, "The provider is away.")))];
        var lossy = world.Providers.Zip(ProviderWires, (provider, wire) => new LossyProvider(provider, wire, handle => world.Signing.Asked(handle, this)));
        var providers = new KeyProviders(lossy.Select(provider =>
            new GuardedKeyProvider(provider, Guard, world.Metrics, NullLogger<GuardedKeyProvider>.Instance, Clock)));
        var staleness = new Staleness(world.Settings.Storage, Clock);
        Catalog = new KeySetCatalog(store, providers, staleness, NullLogger<KeySetCatalog>.Instance);
        var writer = new KeySetWriter(store, Catalog);
        var maker = new KeyMaker(providers, NullLogger<KeyMaker>.Instance);
        Rotator = new KeyRotator(writer, new KeyFulfilment(writer, maker, providers, staleness, Clock, NullLogger<KeyFulfilment>.Instance), staleness, Clock);
        Signer = new JwsSigner(Catalog, world.Metrics, Clock);
        Jwks = new JwksReader(Catalog, Clock);
        var configured = new ConfiguredKeySets(Catalog, Rotator, world.Settings, Clock, NullLogger<ConfiguredKeySets>.Instance);
        var worker = new RotationWorker(Catalog, Rotator, configured, world.Settings, Clock, NullLogger<RotationWorker>.Instance);
        var startup = new Startup(store, Catalog, worker, configured);
        var recorder = new ExpiryRecorder(Catalog, writer, world.Settings, Clock, NullLogger<ExpiryRecorder>.Instance);
        var orphans = new OrphanSearch(store, Catalog, providers, world.Metrics, world.Settings.Orphans, Clock, NullLogger<OrphanSearch>.Instance);

        if (!world.Weather.IsFair)
            Lane.DieAfter(world.Random.Next(2) == 0 ? world.Random.Next(1, 200) : world.Random.Next(200, 40_000));
        world.Timeline.Add(name, () => $"starts, clock off by {Skew.TotalSeconds:0.0} s");
        var lane = Lane;
        lane.Post(_ => _ = LiveAsync(lane, startup, worker), null);
        lane.Post(_ => _ = RefreshAsync(Catalog, staleness, Clock), null);
        lane.Post(_ => _ = RepeatAsync(world.Settings.Storage.RefreshInterval, () => world.Bug.RecordsNothing ? Task.CompletedTask : recorder.RecordAsync(CancellationToken.None), Clock), null);
        lane.Post(_ => _ = RepeatAsync(world.Settings.Orphans.SearchInterval, () => SearchAsync(orphans), Clock), null);
    }

    /// <summary>From now on it dies no more, and its partitions are over.</summary>
    public void BringBack()
    {
        Lane.Live();
        foreach (var wire in ProviderWires.Append(StoreWire))
            wire.IsCut = false;
    }

    /// <summary>Has the process carry out a call of a client, who learns nothing if it dies meanwhile.</summary>
    public Task<T> CallAsync<T>(Func<Replica, Task<T>> call)
    {
        var answer = new TaskCompletionSource<T>();
        if (!IsReady)
        {
            answer.SetException(new ConnectionLostException());
            return answer.Task;
        }

        var number = _calls++;
        _open.Add(number, () => answer.TrySetException(new ConnectionLostException()));
        Lane.Post(_ => _ = RunAsync(call, number, answer), null);
        return answer.Task;
    }

    private async Task RunAsync<T>(Func<Replica, Task<T>> call, long number, TaskCompletionSource<T> answer)
    {
        try
        {
            var result = await call(this);
            _open.Remove(number);
            answer.TrySetResult(result);
        }
        catch (Exception e) // not swallowed: it is the client's answer
        {
            _open.Remove(number);
            answer.TrySetException(e);
        }
    }

    private async Task LiveAsync(Lane lane, Startup startup, RotationWorker worker)
    {
        try
        {
            await startup.RunAsync(CancellationToken.None);
            IsReady = true;
            while (true)
            {
                await Task.Delay(world.Settings.Storage.RefreshInterval, Clock);
                await worker.RunOnceAsync(CancellationToken.None);
            }
        }
        catch (KeyServiceException e) when (!IsReady)
        {
            world.Timeline.Add(name, () => $"cannot start: {e.Message}");
            lane.Die(); // as the process would
        }
        catch (Exception e)
        {
            world.Findings.Break("the worker lives", $"{name}: {e}");
        }
    }

    /// <summary>As CatalogRefresher does, which the host would start on the thread pool.</summary>
    private async Task RefreshAsync(KeySetCatalog catalog, Staleness staleness, SkewedClock clock)
    {
        var interval = world.Settings.Storage.RefreshInterval;
        while (true)
        {
            await Task.Delay(interval, clock);
            if (staleness.Age < interval * 1.5)
                continue;
            try
            {
                await catalog.RefreshAsync(CancellationToken.None);
            }
            catch (KeyServiceException e)
            {
                world.Timeline.Add(name, () => $"cannot refresh: {e.Error}");
            }
        }
    }

    /// <summary>As the hosted services do.</summary>
    private async Task RepeatAsync(TimeSpan interval, Func<Task> round, SkewedClock clock)
    {
        while (true)
        {
            await Task.Delay(interval, clock);
            try
            {
                await round();
            }
            catch (Exception e)
            {
                world.Findings.Break("what is done by the clock never fails", $"{name}: {e}");
            }
        }
    }

    private async Task SearchAsync(OrphanSearch orphans)
    {
        foreach (var orphan in await orphans.SearchAsync(CancellationToken.None))
            world.Orphans.Found(orphan, this);
    }

    private void OnDeath()
    {
        world.Timeline.Add(name, () => "dies");
        IsReady = false;
        foreach (var lost in _open.Values.ToArray())
            world.Scheduler.After(TimeSpan.FromMilliseconds(5), lost);
        _open.Clear();
        world.Scheduler.After(TimeSpan.FromSeconds(0.2 + (40 * world.Random.NextDouble())), Start);
    }
}
