using System.Collections.Concurrent;
using KeyService.Server.Configuration;

namespace KeyService.Server.Telemetry;

/// <summary>
/// Which key sets are told apart in metrics. There may be ten thousand, and each label value is a time series kept for good: so the
/// first ones that sign have a label of their own, and all others share one.
/// </summary>
internal sealed class KeySetLabels(TelemetrySettings settings)
{
    public const string TagName = "key_set";

    /// <summary>No name of a key set: those have no capitals, but one may well be called "other".</summary>
    public const string Other = "OTHER";

    private readonly ConcurrentDictionary<string, string> _own = new(StringComparer.Ordinal);
    private readonly Lock _claiming = new();
    private int _free = settings.KeySets;

    /// <summary>How many key sets can be told apart.</summary>
    public int Most => settings.KeySets;

    /// <summary>The label that a key set has.</summary>
    public string Of(string keySet) => _own.TryGetValue(keySet, out var label) ? label : Other;

    /// <summary>The label that a key set has, its own from now on where one is free. On the hot path: one look into a table, and no lock.</summary>
    public string Claim(string keySet) => _own.TryGetValue(keySet, out var label) ? label : Volatile.Read(ref _free) > 0 ? ClaimFree(keySet) : Other;

    private string ClaimFree(string keySet)
    {
        lock (_claiming)
        {
            if (_free > 0 && _own.TryAdd(keySet, keySet))
                _free--;
            return Of(keySet);
        }
    }
}
