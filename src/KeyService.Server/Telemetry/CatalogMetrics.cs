using System.Diagnostics.Metrics;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using KeyService.Server.Catalog;

namespace KeyService.Server.Telemetry;

/// <summary>How old the catalog is, and how its key sets stand in time. Read when somebody asks; one pass over the snapshots in memory for each gauge.</summary>
internal sealed class CatalogMetrics : IDisposable
{
    private readonly Meter _meter = new(Instruments.MeterName);
    private readonly KeySetCatalog _catalog;
    private readonly KeySetLabels _labels;
    private readonly TimeProvider _time;

    public CatalogMetrics(KeySetCatalog catalog, Staleness staleness, KeySetLabels labels, TimeProvider time)
    {
        (_catalog, _labels, _time) = (catalog, labels, time);
        _meter.CreateObservableGauge("keyservice.catalog.age", () => staleness.Age.TotalSeconds, "s", "Since the store was last read to the end");
        _meter.CreateObservableGauge("keyservice.store.reachable", () => staleness.IsLate ? 0 : 1, "{state}", "1 while the store can be read, 0 once a few reads in a row failed");
        _meter.CreateObservableGauge("keyservice.key_sets", () => catalog.All.Count(), "{key_set}", "Key sets in the catalog");
        _meter.CreateObservableGauge("keyservice.work.overdue", Overdue, "s", "For how long the key set that has waited longest has been waiting for a key to be made or destroyed; 0 where none waits");
        _meter.CreateObservableGauge("keyservice.key_set.next_activation", NextActivations, "s", "Until the next planned change of the signing key; of several key sets under one label, the soonest");
        _meter.CreateObservableGauge("keyservice.key.unusable", Unusable, "{key}", "Keys that are to sign now and which their provider does not have or refuses to use, as it said when it was last asked");
        _meter.CreateObservableGauge("keyservice.key.age", Ages, "s", "Since the key that signs now began to; of several key sets under one label, the oldest");
    }

    public void Dispose() => _meter.Dispose();

    private double Overdue()
    {
        var now = _time.GetUtcNow();
        var longest = TimeSpan.Zero;
        foreach (var set in _catalog.All)
        {
            if (now - set.NextWork is { } waited && waited > longest)
                longest = waited;
        }

        return longest.TotalSeconds;
    }

    private List<Measurement<double>> NextActivations()
    {
        var now = _time.GetUtcNow();
        var soonest = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        ForEachSet((label, set) =>
        {
            foreach (var signer in set.KeySet.Signers)
            {
                if (NextActivation(set.KeySet, signer, now) - now is { } wait && (!soonest.TryGetValue(label, out var other) || wait < other))
                    soonest[label] = wait;
            }
        });
        return [.. soonest.Select(set => new Measurement<double>(set.Value.TotalSeconds, Tag(KeySetLabels.TagName, set.Key)))];
    }

    private List<Measurement<double>> Ages()
    {
        var now = _time.GetUtcNow();
        var oldest = new Dictionary<(string KeySet, string Algorithm, string Provider), TimeSpan>();
        ForEachSet((label, set) =>
        {
            foreach (var line in set.Lines)
            {
                if (line.ActiveAt(now) is not { Key: var key })
                    continue;
                var (place, age) = ((label, key.Algorithm.Name, key.Provider), now - key.Dates.Activates);
                if (!oldest.TryGetValue(place, out var other) || age > other)
                    oldest[place] = age;
            }
        });
        return [.. oldest.Select(key => new Measurement<double>(
            key.Value.TotalSeconds, Tag(KeySetLabels.TagName, key.Key.KeySet), Tag("algorithm", key.Key.Algorithm), Tag("provider", key.Key.Provider)))];
    }

    private List<Measurement<int>> Unusable()
    {
        var now = _time.GetUtcNow();
        var counts = new Dictionary<(string KeySet, string Provider), int>();
        ForEachSet((label, set) =>
        {
            foreach (var signer in set.KeySet.Signers)
                counts.TryAdd((label, signer.Provider), 0);
            foreach (var key in set.UnusableAt(now))
                counts[(label, key.Key.Provider)]++;
        });
        return [.. counts.Select(place => new Measurement<int>(place.Value, Tag(KeySetLabels.TagName, place.Key.KeySet), Tag("provider", place.Key.Provider)))];
    }

    /// <summary>A successor that is made, or the one that the rotation period asks for; null where neither is in sight.</summary>
    private static DateTimeOffset? NextActivation(KeySet keySet, Signer signer, DateTimeOffset now)
    {
        var made = keySet.Keys.Where(key => signer.Owns(key) && KeyTimeline.StateAt(key.Dates, now) == KeyState.PreActive).Min(key => (DateTimeOffset?)key.Dates.Activates);
        return made ?? RotationPlan.RotationDue(keySet, signer) + keySet.Policy.Propagation;
    }

    /// <summary>While labels suffice for all, a set need not have signed to have one.</summary>
    private void ForEachSet(Action<string, KeySetSnapshot> measure)
    {
        var sufficeForAll = _catalog.All.Take(_labels.Most + 1).Count() <= _labels.Most;
        foreach (var set in _catalog.All)
        {
            if (set.KeySet.Deleted is null)
                measure(sufficeForAll ? _labels.Claim(set.KeySet.Name) : _labels.Of(set.KeySet.Name), set);
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
