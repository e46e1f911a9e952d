using System.Globalization;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Server.Configuration;
using KeyService.Server.Guard;
using KeyService.Server.Http;
using KeyService.Simulation.Backends;
using KeyService.Simulation.Invariants;
using KeyService.Simulation.Planted;
using KeyService.Simulation.Replicas;
using KeyService.Simulation.Verifiers;
using KeyService.Simulation.VirtualTime;

namespace KeyService.Simulation;

/// <summary>All that there is in one run: time, chance, the backends, the replicas, the verifiers, and what must hold between them.</summary>
internal sealed class World : IDisposable
{
    /// <summary>The clock skew of every policy: no two clocks differ by more.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(10);

    /// <summary>So every clock is at most half as far off the true time.</summary>
    public static readonly TimeSpan Skew = ClockSkew / 2;

    /// <summary>
    /// The longest that a replica may act on what was before: the most that the settings and half of the longest propagation allow, and
    /// what a call takes that chose its key just before the end.
    /// </summary>
    public static readonly TimeSpan Staleness = TimeSpan.FromMinutes(11);

    /// <summary>The longest between the instant that a replica takes as the publication of a key and the one at which it is saved.</summary>
    public static readonly TimeSpan LongestSave = TimeSpan.FromSeconds(2.1);

    public static readonly WireFaults StoreFaults = new(0.01, 0.01, 0.03, TimeSpan.FromSeconds(2));
    public static readonly WireFaults ProviderFaults = new(0.02, 0.02, 0.01, TimeSpan.FromSeconds(35)); // longer than the guard waits

    private static readonly string[] ProviderNames = ["hsm", "cloud"];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private int _keys;

    public World(int seed, Bug bug, bool isTold)
    {
        Bug = bug;
        Random = new Random(seed);
        Scheduler = new Scheduler(Random);
        Timeline = new Timeline(Scheduler, isTold);
        Findings = new Findings(Scheduler, Timeline);
        Weather = new Weather(Random);
        Lane = new Lane(Scheduler);
        Ledger = new Ledger(this);
        Signing = new SigningRules(this);
        Publishing = new PublishingRules(this);
        Orphans = new OrphanRules(this);
        Store = new SharedStore { Saved = Ledger.Saved, IgnoresRevisions = bug.IgnoresRevisions };
        Providers = [.. ProviderNames.Select(name => new SharedProvider(name, Scheduler, Random, Weather, () => _keys++, bug) { Destroying = CheckDestruction })];
        Settings = SettingsWith(TimeSpan.FromSeconds(Random.Next(5, 31)), Random.Next(2) == 0 ? null : TimeSpan.FromHours(1));
        Replicas = [.. Enumerable.Range(1, Random.Next(1, 5)).Select(number => new Replica($"replica-{number}", this))];
        var rules = bug.HasHeedlessVerifier ? CacheRule.Promised.Append(CacheRule.Heedless) : CacheRule.Promised;
        Verifiers = [.. rules.Select(rule => new Verifier(rule, RandomSkew(), this))];
    }

    public Bug Bug { get; }

    public Random Random { get; }

    public Scheduler Scheduler { get; }

    public DateTimeOffset Now => Scheduler.Now;

    public Timeline Timeline { get; }

    public Findings Findings { get; }

    public Weather Weather { get; }

    /// <summary>Where clients and operators run, who never die.</summary>
    public Lane Lane { get; }

    public GuardMetrics Metrics { get; } = new();

    public SharedStore Store { get; }

    public IReadOnlyList<SharedProvider> Providers { get; }

    public ServerSettings Settings { get; }

    public IReadOnlyList<Replica> Replicas { get; }

    public IReadOnlyList<Verifier> Verifiers { get; }

    public Ledger Ledger { get; }

    public SigningRules Signing { get; }

    public PublishingRules Publishing { get; }

    public OrphanRules Orphans { get; }

    public SharedProvider Provider(string name) => Providers.First(provider => provider.Name == name);

    public Wire Wire(WireFaults faults, Func<Exception> fail) => new(Scheduler, Random, Weather, faults, fail);

    /// <summary>Often at the very ends of what is allowed, where the mistakes are.</summary>
    public TimeSpan RandomSkew() => Random.Next(3) switch
    {
        0 => Skew,
        1 => -Skew,
        _ => Skew * ((2 * Random.NextDouble()) - 1),
    };

    /// <summary>Null where none is up.</summary>
    public Replica? ReadyReplica()
    {
        var ready = Replicas.Where(replica => replica.IsReady).ToArray();
        return ready.Length == 0 ? null : ready[Random.Next(ready.Length)];
    }

    public KeySetPolicy RandomPolicy()
    {
        var propagation = TimeSpan.FromMinutes(Random.Next(3) switch { 0 => 10, 1 => 40, _ => Random.Next(10, 41) }); // 10 at least: see CacheRule.Promised
        return new KeySetPolicy
        {
            Propagation = propagation,
            MaxTokenLifetime = TimeSpan.FromMinutes(Random.Next(1, 61)),
            Retention = TimeSpan.FromMinutes(Random.Next(0, 31)),
            ClockSkew = ClockSkew,
            RotationPeriod = Random.Next(2) == 0 ? null : propagation + TimeSpan.FromMinutes(Random.Next(1, 60)),
        };
    }

    public Signer[] RandomSigners()
    {
        Signer[] both = [new(SigningAlgorithm.ES256, "hsm"), new(SigningAlgorithm.ES256, "cloud")];
        return Random.Next(3) switch { 0 => [both[0]], 1 => [both[1]], _ => both };
    }

    public static string Short(string kid) => kid[..6];

    /// <summary>Intents by order of appearance: their ids are random, and a timeline must be the same for the same seed.</summary>
    public string Label(string label)
    {
        if (!_names.TryGetValue(label, out var name))
            _names.Add(label, name = $"#{_names.Count + 1}");
        return name;
    }

    public string Describe(KeySet keySet)
    {
        var keys = keySet.Keys.Where(key => key.Dates.Erased is null).Select(key => string.Create(CultureInfo.InvariantCulture,
            $"{Short(key.Kid)}@{key.Provider}[{key.Dates.Published:HH:mm:ss} signs {key.Dates.Activates:HH:mm:ss}-{key.Dates.Deactivates:HH:mm:ss} gone {key.Dates.Unpublishes:HH:mm:ss}/{key.Dates.Destroys:HH:mm:ss}{(key.Emergency ? " emergency" : "")}{(key.Dates.Compromised is null ? "" : " revoked")}]"));
        var intents = keySet.Intents.Select(intent => $"{Label(intent.Label(keySet.Name))}@{intent.Provider}{(intent.Emergency ? " emergency" : "")}");
        return $"{(keySet.Deleted is null ? "" : "deleted, ")}keys {string.Join(' ', keys)}, intents {string.Join(' ', intents)}";
    }

    public void Dispose() => Metrics.Dispose();

    /// <summary>A key goes only when its plan says so, or when nothing was ever recorded of it.</summary>
    private void CheckDestruction(HeldKey held)
    {
        if (Ledger.FindByHandle(held.Handle.Value) is not { } record)
            return;
        var dates = record.Key.Dates;
        var retired = dates.Unpublishes <= Now + Skew || dates.Compromised is not null;
        if (!retired)
            Findings.Break("no key is destroyed while it is published", $"{Short(record.Kid)} goes now, is published until {dates.Unpublishes:HH:mm:ss}");
    }

    private static ServerSettings SettingsWith(TimeSpan refresh, TimeSpan? destroyOrphansAfter) => new()
    {
        Listen = new ListenSettings(new Uri("http://127.0.0.1:0"), new Uri("http://127.0.0.1:0")),
        Storage = new StorageSettings("none", refresh, TimeSpan.FromMinutes(10)),
        Providers = [],
        KeySets = [],
        DefaultKeySet = "default",
        Jwks = new JwksSettings(TimeSpan.FromMinutes(20), TimeSpan.FromSeconds(5), JwksEndpoints.JwkSetType),
        Limits = new LimitSettings(1 << 20, 1 << 16, 256),
        Orphans = new OrphanSettings(TimeSpan.FromMinutes(7), destroyOrphansAfter),
        ShutdownTimeout = TimeSpan.Zero,
    };
}
