using KeyService.Core.Keys;
using KeyService.Core.Signing;

namespace KeyService.Core.Recovery;

/// <summary>Tells the keys that are to come back from those that are not.</summary>
internal sealed class KeySieve
{
    /// <summary>A clock may have been ahead when a key was asked for; what lies further ahead is no date, but a random id that looks like one.</summary>
    private static readonly TimeSpan LargestSkew = TimeSpan.FromHours(1);

    private readonly RecoveryEvidence _evidence;
    private readonly Dictionary<string, (int Place, string Algorithm)> _published;
    private readonly ILookup<string, FoundKey> _byLabel;

    public KeySieve(RecoveryEvidence evidence)
    {
        _evidence = evidence;
        _published = (evidence.Published ?? []).Select((key, place) => (key.Kid, place, key.Algorithm)).ToDictionary(key => key.Kid, key => (key.place, key.Algorithm), StringComparer.Ordinal);
        _byLabel = evidence.Found.Where(found => found.Kid is not null).ToLookup(found => $"{found.Provider} {found.Label}", StringComparer.Ordinal);
        foreach (var found in evidence.Found.OrderBy(found => found.Label, StringComparer.Ordinal))
            Sift(found);
        foreach (var twice in Candidates.Select(key => (key.Kid, key.Found)).Concat(Revoked.Select(key => (key.Kid, key.Found))).GroupBy(key => key.Kid, StringComparer.Ordinal).Where(key => key.Count() > 1))
            Problems.Add($"Key {twice.Key} is found more than once, by {string.Join(" and ", twice.Select(key => $"{key.Found.Provider} as {key.Found.Handle.Value}"))}: leave out of the signers the provider that is not its own.");
        foreach (var missing in _published.Keys.Where(kid => !evidence.Revoked.Contains(kid) && evidence.Found.All(found => found.Kid != kid)))
            Problems.Add($"The JWKS holds key {missing}, which no provider shows, and whose tokens would fail. Make its provider show it, or say --revoked {missing}.");
    }

    public List<Candidate> Candidates { get; } = [];

    public List<Candidate> Revoked { get; } = [];

    /// <summary>What does not come back, or is there already.</summary>
    public List<RecoveredKey> Others { get; } = [];

    public List<string> Problems { get; } = [];

    private void Sift(FoundKey found)
    {
        var record = _evidence.Record;
        if (record.Keys.Any(key => key.Provider == found.Provider && key.Handle == found.Handle))
            Others.Add(new(found, RecoveredRole.Recorded, "The store holds its record."));
        else if (record.Intents.Any(intent => intent.Provider == found.Provider && intent.Label(record.Name) == found.Label))
            LeaveAlone(found, "It is being made: the service finishes it.");
        else if (found.IsForeign)
            LeaveAlone(found, "It lacks marks that the settings put on every key: it is another deployment's, or older than these settings.");
        else if (found is not { PublicKey: { } publicKey, Kid: { } kid })
            LeaveAlone(found, "Its provider shows no public key: it is disabled, or was never finished.");
        else if (IsAmbiguous(found, kid))
            LeaveAlone(found, "Another key has the same label.");
        else
            Sift(found, publicKey, kid);
    }

    private void Sift(FoundKey found, Jwk publicKey, string kid)
    {
        var isRevoked = _evidence.Revoked.Contains(kid);
        var isPublished = _published.TryGetValue(kid, out var published);
        var algorithms = AlgorithmsOf(found.Provider, publicKey, isPublished ? published.Algorithm : null);
        if (algorithms is [])
        {
            LeaveAlone(found, "It fits no signer of the set, and the JWKS does not hold it.");
            return;
        }

        var askedFor = found.AskedFor is { } told && told <= _evidence.Now + LargestSkew ? (told < _evidence.Now ? told : _evidence.Now) : (DateTimeOffset?)null;
        var candidate = new Candidate(found, publicKey, kid, algorithms[0], isPublished ? published.Place : null, askedFor);
        if (isRevoked)
            Revoked.Add(candidate);
        else if (!isPublished && IsOlderThanPublished(candidate))
            LeaveAlone(found, "The JWKS holds later keys of its signer and not this one: it had left it.");
        else if (algorithms.Length > 1)
            Problems.Add($"Key {kid} may be one for {string.Join(" or ", algorithms.AsEnumerable())}: only the JWKS tells. Give it with --jwks.");
        else
            Candidates.Add(candidate);
    }

    /// <summary>Of two keys under one label, only one was ever recorded.</summary>
    private bool IsAmbiguous(FoundKey found, string kid)
    {
        var alike = _byLabel[$"{found.Provider} {found.Label}"].ToArray();
        if (alike.Length == 1 || _published.ContainsKey(kid))
            return false;
        if (!alike.Any(other => _published.ContainsKey(other.Kid ?? "")) && !_evidence.Revoked.Contains(kid))
            Problems.Add($"Provider {found.Provider} holds {alike.Length} keys with label {found.Label}: only the JWKS tells which one is meant. Give it with --jwks.");
        return true;
    }

    private SigningAlgorithm[] AlgorithmsOf(string provider, Jwk publicKey, string? published)
    {
        if (published is not null) // its signer may have been removed since
            return SigningAlgorithm.TryParse(published == "EdDSA" ? "Ed25519" : published, out var told) && publicKey.Fits(told) ? [told] : [];
        return [.. _evidence.Record.Signers.Where(signer => signer.Provider == provider && publicKey.Fits(signer.Algorithm)).Select(signer => signer.Algorithm)];
    }

    /// <summary>True where it was asked for before a key of the same kind and provider that the JWKS holds; a key of an old label comes before all others.</summary>
    private bool IsOlderThanPublished(Candidate key) => _evidence.Found.Any(other =>
        other.Provider == key.Found.Provider
        && other.Kid is { } kid && _published.TryGetValue(kid, out var published) && published.Algorithm == _evidence.Record.Published(key.Algorithm).Name
        && (key.AskedFor is null || (other.AskedFor is not null && string.CompareOrdinal(KeyIntent.IdOf(other.Label), KeyIntent.IdOf(key.Found.Label)) > 0)));

    private void LeaveAlone(FoundKey found, string why) => Others.Add(new(found, RecoveredRole.LeftAlone, why));
}
