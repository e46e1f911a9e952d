using KeyService.Core.Keys;

namespace KeyService.Simulation.Invariants;

/// <summary>
/// Looks at every save. Keeps a record of each key in true time, and checks what must hold of each version and between two: one
/// active key, no key without intent, no kid twice, nothing forgotten or moved, one key for one request.
/// </summary>
internal sealed class Ledger(World world)
{
    private readonly Dictionary<string, KeyRecord> _byKid = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KeyRecord> _byHandle = new(StringComparer.Ordinal);
    private readonly HashSet<(string Set, Signer Signer)> _bare = [];
    private readonly Dictionary<string, DateTimeOffset> _emergencies = new(StringComparer.Ordinal);
    private readonly HashSet<(string Set, DateTimeOffset Created, string Id)> _requests = [];
    private readonly Dictionary<string, DateTimeOffset> _policies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _signers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _saves = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _unbared = new(StringComparer.Ordinal);

    /// <summary>Called for each new date of a key to come.</summary>
    public Action<string, DateTimeOffset> Planned { get; set; } = (_, _) => { };

    public int KeysMade => _byKid.Count;

    public KeyRecord? FindByKid(string kid) => _byKid.GetValueOrDefault(kid);

    public KeyRecord? FindByHandle(string handle) => _byHandle.GetValueOrDefault(handle);

    /// <summary>When the policy of a set changed for the last time.</summary>
    public DateTimeOffset PolicyChanged(string set) => _policies.GetValueOrDefault(set);

    /// <summary>When the signers of a set changed for the last time.</summary>
    public DateTimeOffset SignersChanged(string set) => _signers.GetValueOrDefault(set);

    /// <summary>When a set was saved for the last time.</summary>
    public DateTimeOffset LastSave(string set) => _saves.GetValueOrDefault(set);

    /// <summary>Someone may ask for an emergency rotation from now on.</summary>
    public void ExpectEmergency(string set) => _emergencies[set] = world.Now;

    /// <summary>True where a signer of the set has no key for a good reason, or had none until a moment ago.</summary>
    public bool MayLackKey(string set) =>
        _bare.Any(bare => bare.Set == set) || world.Now - _unbared.GetValueOrDefault(set) < World.Staleness;

    public void Saved(KeySet? before, KeySet after)
    {
        world.Timeline.Add("store", () => $"{after.Name} revision {after.Revision}: {world.Describe(after)}");
        _saves[after.Name] = world.Now;
        if (before is not null && after.Revision != before.Revision + 1)
            Break("revisions follow each other", $"{after.Name}: {before.Revision}, then {after.Revision}");
        if (before?.Policy != after.Policy)
            _policies[after.Name] = world.Now;
        if (before is null || !before.Signers.SequenceEqual(after.Signers))
            _signers[after.Name] = world.Now;
        foreach (var lost in before?.Keys.Where(key => key.Dates.Erased is null && after.Keys.All(other => other.Kid != key.Kid)) ?? [])
            Break("no key is forgotten", $"{after.Name}: {World.Short(lost.Kid)} left the record before it was destroyed");
        foreach (var signer in after.Signers.Where(signer => before is null || !before.Signers.Contains(signer)))
            _bare.Add((after.Name, signer));
        CheckIntents(before, after);
        CheckRequests(before, after);
        foreach (var key in after.Keys)
            Take(before, after, key);
        if (after.Deleted is null)
        {
            foreach (var signer in after.Signers)
                CheckLine(after, signer);
        }
        else
        {
            _bare.RemoveWhere(bare => bare.Set == after.Name);
        }
    }

    private void Take(KeySet? before, KeySet after, Key key)
    {
        var former = before?.Keys.FirstOrDefault(other => other.Kid == key.Kid);
        if (!_byKid.TryGetValue(key.Kid, out var record))
            record = Add(before, after, key);
        else if (record.Label != key.Label)
            Break("a kid is never used again", $"{World.Short(key.Kid)} of {record.Label} is now {key.Label}");

        if (key.Dates.Compromised is not null && record.Revoked is null)
        {
            record.Revoked = world.Now;
            foreach (var signer in after.Signers.Where(signer => signer.Owns(key)))
                _bare.Add((after.Name, signer));
        }

        if (former is not null && key.Dates.Activates < former.Dates.Activates && key.Dates.Deactivates != key.Dates.Activates)
        {
            var takesOver = after.Keys.Any(other => other.Provider == key.Provider && other.Dates.Compromised is not null
                && before!.Keys.Any(old => old.Kid == other.Kid && old.Dates.Compromised is null)); // former stood in it
            if (!takesOver)
                Break("planned dates stand", $"{World.Short(key.Kid)} activates at {key.Dates.Activates:HH:mm:ss}, it was {former.Dates.Activates:HH:mm:ss}");
            record.IsExempt = true;
        }

        if (former?.Dates.Deactivates != key.Dates.Deactivates)
            record.EndPlanned = world.Now;
        if (former is null || former.Dates.Deactivates != key.Dates.Deactivates || former.Dates.Activates != key.Dates.Activates)
        {
            Planned(after.Name, key.Dates.Activates);
            if (key.Dates.Deactivates is { } end)
                Planned(after.Name, end);
        }

        if (key.Dates.Erased is not null && former?.Dates.Erased is null && world.Provider(key.Provider).Holds(key.Handle))
            Break("what is recorded as destroyed is gone", $"{World.Short(key.Kid)} is still in {key.Provider}");
        record.Key = key;
    }

    private KeyRecord Add(KeySet? before, KeySet after, Key key)
    {
        var record = new KeyRecord(after.Name, key, world.Now, after.Policy.Propagation);
        _byKid.Add(key.Kid, record);
        if (!_byHandle.TryAdd(key.Handle.Value, record))
            Break("a key is recorded once", $"{key.Handle} as {World.Short(key.Kid)} too");
        var intent = before?.Intents.FirstOrDefault(intent => intent.Label(after.Name) == key.Label);
        if (intent is null)
            Break("no key without intent", $"{after.Name}: {World.Short(key.Kid)}");
        if (!world.Provider(key.Provider).Holds(key.Handle))
            Break("what is recorded is there", $"{World.Short(key.Kid)} is not in {key.Provider}");
        var follows = before?.Keys.Any(other => other.Algorithm == key.Algorithm && other.Provider == key.Provider
            && other.Dates is { Compromised: null, Erased: null, Deactivates: null }) == true; // the last of a line is the one without end
        record.IsExempt = intent is { Emergency: true } || !follows;
        if (_bare.RemoveWhere(bare => bare.Set == after.Name && bare.Signer.Owns(key)) > 0)
            _unbared[after.Name] = world.Now;
        return record;
    }

    /// <summary>The whole plan from now on: at every instant exactly one key is active.</summary>
    private void CheckLine(KeySet keySet, Signer signer)
    {
        var keys = keySet.Keys.Where(key => signer.Owns(key) && key.Dates is { Compromised: null, Erased: null }).ToArray();
        var soon = world.Now + World.Skew;
        var instants = keys.SelectMany(key => new[] { key.Dates.Activates, key.Dates.Deactivates ?? soon })
            .Where(instant => instant > soon).Append(soon).Append(soon + TimeSpan.FromDays(30));
        var everyInstant = true;
        foreach (var instant in instants)
        {
            var active = keys.Count(key => key.Dates.Activates <= instant && !(key.Dates.Deactivates <= instant));
            everyInstant &= active == 1;
            if (active > 1 || (active == 0 && !_bare.Contains((keySet.Name, signer))))
                Break("one active key", $"{keySet.Name} has {active} of {signer.Provider} at {instant:dd HH:mm:ss.fff}: {world.Describe(keySet)}");
        }

        if (everyInstant && _bare.Remove((keySet.Name, signer)))
            _unbared[keySet.Name] = world.Now;
    }

    private void CheckIntents(KeySet? before, KeySet after)
    {
        foreach (var signer in after.Signers)
        {
            var begun = after.Intents.Where(intent => signer.Owns(intent) && before?.Intents.Any(other => other.Id == intent.Id) != true).ToArray();
            if (begun.Length > 1)
                Break("one rotation makes one key", $"{after.Name}: {begun.Length} keys of {signer.Provider} begun at once");
            var asked = world.Now - _emergencies.GetValueOrDefault(after.Name) < TimeSpan.FromMinutes(15);
            var revoked = after.Keys.Any(key => signer.Owns(key) && key.Dates.Compromised is not null);
            if (begun.Any(intent => intent.Emergency) && !asked && !revoked && !_bare.Contains((after.Name, signer)))
                Break("no emergency without cause", $"{after.Name}: {signer.Provider}");
        }
    }

    /// <summary>One whose keys were all given up (their signers were removed) is forgotten, and may be asked again.</summary>
    private void CheckRequests(KeySet? before, KeySet after)
    {
        foreach (var gone in before?.Requests.Where(request => after.Requests.All(other => other.Id != request.Id)) ?? [])
        {
            if (!after.Keys.Any(key => gone.IntentIds.Contains(KeyIntent.IdOf(key.Label))))
                _requests.Remove((after.Name, after.Created, gone.Id));
        }

        foreach (var request in after.Requests.Where(request => before?.Requests.Any(other => other.Id == request.Id) != true))
        {
            var id = (after.Name, after.Created, request.Id);
            if (!_requests.Add(id))
                Break("one request makes one key", $"{after.Name}: request {request.Id} was carried out twice");
        }
    }

    private void Break(string rule, string text) => world.Findings.Break(rule, text);
}
