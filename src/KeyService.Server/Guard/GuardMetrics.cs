using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Server.Configuration;
using KeyService.Server.Telemetry;
using Polly.CircuitBreaker;

namespace KeyService.Server.Guard;

/// <summary>What the providers do, as numbers: meter <c>KeyService</c>. Costs next to nothing while nobody listens.</summary>
internal sealed class GuardMetrics : IDisposable
{
    private static readonly KeyValuePair<string, object?> Ok = new("outcome", "OK");

    private readonly Meter _meter = new(Instruments.MeterName);
    private readonly KeySetLabels _keySets;
    private readonly ConcurrentQueue<Gauges> _providers = new();
    private readonly ConcurrentDictionary<string, int> _orphans = new(StringComparer.Ordinal);
    private readonly Counter<long> _signatures;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _failovers;
    private readonly Counter<long> _verificationFailures;
    private readonly Counter<long> _unverifiable;

    /// <param name="keySets">Null for the default: so many key sets are told apart.</param>
    public GuardMetrics(KeySetLabels? keySets = null)
    {
        _keySets = keySets ?? new KeySetLabels(TelemetrySettings.Default);
        _signatures = _meter.CreateCounter<long>("keyservice.provider.signatures", "{signature}", "Signatures asked of a provider, by key set and outcome");
        _duration = _meter.CreateHistogram<double>("keyservice.provider.sign.duration", "s", "Time of a signature, its waits and retries included");
        _retries = _meter.CreateCounter<long>("keyservice.provider.retries", "{retry}", "Calls that were tried again");
        _failovers = _meter.CreateCounter<long>("keyservice.provider.failovers", "{failover}", "Signatures that another provider was asked for after this one had failed");
        _verificationFailures = _meter.CreateCounter<long>("keyservice.provider.verification_failures", "{signature}", "Signatures that did not verify and were withheld");
        _unverifiable = _meter.CreateCounter<long>("keyservice.provider.unverifiable", "{signature}", "Signatures that this machine cannot verify");
        _meter.CreateObservableGauge("keyservice.provider.breaker", () => _providers.SelectMany(provider => provider.Breakers()), "{state}", "0 closed, 1 half open, 2 open");
        _meter.CreateObservableGauge("keyservice.provider.queue", () => _providers.Select(provider => provider.Queue()), "{call}", "Calls that wait for a slot");
        _meter.CreateObservableGauge("keyservice.provider.sessions", () => _providers.SelectMany(provider => provider.Sessions()), "{session}", "Sessions with a token, by state: busy, idle, or stuck in the module beyond its time");
        _meter.CreateObservableGauge("keyservice.provider.sessions.limit", () => _providers.SelectMany(provider => provider.SessionLimit()), "{session}", "Sessions that may sign at a time, fewer while the token is short of something");
        _meter.CreateObservableGauge("keyservice.provider.sessions.queue", () => _providers.SelectMany(provider => provider.SessionQueue()), "{call}", "Signatures that wait for a session");
        _meter.CreateObservableGauge(
            "keyservice.provider.orphans",
            () => _orphans.Select(provider => new Measurement<int>(provider.Value, new KeyValuePair<string, object?>("provider", provider.Key))),
            "{key}", "Keys of this service that no key set knows of");
    }

    /// <summary>Whether it is worth to look at the clock.</summary>
    public bool TakesDurations => _duration.Enabled;

    public void Watch(string provider, Breaker signing, Breaker keys, FairSlots slots, ISessionPool? pool)
    {
        _providers.Enqueue(new Gauges(provider, signing, keys, slots, pool));
        // A count that appeared with its first event would never be seen to rise.
        foreach (var counter in (Counter<long>[])[_retries, _verificationFailures, _unverifiable])
            counter.Add(0, new KeyValuePair<string, object?>("provider", provider));
    }

    public void Signed(in SignAttempt attempt, TimeSpan took) => Count(attempt, Ok, took);

    public void Failed(in SignAttempt attempt, KeyServiceError error, TimeSpan took)
    {
        if (_signatures.Enabled || _duration.Enabled)
            Count(attempt, OutcomeTag(error), took);
    }

    public void Orphans(string provider, int count) => _orphans[provider] = count;

    public void Retried(string provider) => _retries.Add(1, new KeyValuePair<string, object?>("provider", provider));

    public void FailedOver(GuardedKey from, KeyServiceError error)
    {
        if (_failovers.Enabled)
            _failovers.Add(1, from.ProviderTag, from.AlgorithmTag, OutcomeTag(error));
    }

    public void VerificationFailed(GuardedKey key) => _verificationFailures.Add(1, key.ProviderTag);

    public void Unverifiable(GuardedKey key) => _unverifiable.Add(1, key.ProviderTag);

    public void Dispose() => _meter.Dispose();

    private void Count(in SignAttempt attempt, KeyValuePair<string, object?> outcome, TimeSpan took)
    {
        var key = attempt.Key;
        if (_signatures.Enabled)
            _signatures.Add(1, new TagList([key.ProviderTag, key.AlgorithmTag, outcome, new(KeySetLabels.TagName, _keySets.Claim(attempt.KeySet))]));
        _duration.Record(took.TotalSeconds, key.ProviderTag, key.AlgorithmTag, outcome);
    }

    private static KeyValuePair<string, object?> OutcomeTag(KeyServiceError error) => new("outcome", Api.GrpcStatus.ReasonOf(error));

    private sealed record Gauges(string Provider, Breaker Signing, Breaker Keys, FairSlots Slots, ISessionPool? Pool)
    {
        public IEnumerable<Measurement<int>> Breakers() => [Breaker(Signing, "sign"), Breaker(Keys, "keys")];

        public Measurement<int> Queue() => new(Slots.Waiting, new KeyValuePair<string, object?>("provider", Provider));

        public IEnumerable<Measurement<int>> Sessions() => Pool?.Use is { } use
            ? [Count(use.Busy, State("busy")), Count(use.Idle, State("idle")), Count(use.Stuck, State("stuck"))]
            : [];

        public IEnumerable<Measurement<int>> SessionLimit() => Pool?.Use is { } use ? [Count(use.Limit)] : [];

        public IEnumerable<Measurement<int>> SessionQueue() => Pool?.Use is { } use ? [Count(use.Waiting)] : [];

        private static KeyValuePair<string, object?> State(string state) => new("state", state);

        private Measurement<int> Count(int count, params ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(count, [new("provider", Provider), .. tags]);

        private Measurement<int> Breaker(Breaker breaker, string calls) => new(
            breaker.State switch { CircuitState.Closed => 0, CircuitState.HalfOpen => 1, _ => 2 },
            new KeyValuePair<string, object?>("provider", Provider),
            new KeyValuePair<string, object?>("calls", calls));
    }
}
