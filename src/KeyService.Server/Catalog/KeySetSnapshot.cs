using KeyService.Core.Keys;
using KeyService.Core.Rotation;

namespace KeyService.Server.Catalog;

/// <summary>
/// One version of a key set with all that signing and publishing need of it. It never changes; the published JWKS is made
/// when first asked for and kept until the next planned change.
/// </summary>
internal sealed class KeySetSnapshot
{
    private readonly SigningLine[] _lines;
    private readonly Dictionary<string, LargestExpiry> _expiries; // by kid, keys of removed signers too
    private PublishedJwks? _published;

    /// <param name="former">The version that this one replaces; null for none.</param>
    public KeySetSnapshot(KeySet keySet, KeySetSnapshot? former, KeyProviders providers, Staleness staleness)
    {
        KeySet = keySet;
        NextWork = RotationPlan.NextWork(keySet);
        LongestStaleness = staleness.LimitOf(keySet.Policy);
        _expiries = keySet.Keys.ToDictionary(
            key => key.Kid, key => former?._expiries.GetValueOrDefault(key.Kid) ?? new LargestExpiry(), StringComparer.Ordinal); // what was noted under an earlier version goes on to count
        _lines = keySet.Deleted is not null ? [] :
        [
            .. keySet.Signers.Select(signer => new SigningLine(signer,
            [
                .. keySet.Keys
                    .Where(key => signer.Owns(key) && key.Dates is { Compromised: null, Erased: null })
                    .Select(key => new SigningKey(key, keySet.Published(key.Algorithm), providers.Find(key.Provider), _expiries[key.Kid])),
            ])),
        ];
    }

    public KeySet KeySet { get; }

    /// <summary>When the rotation worker has something to do here; null where nothing is in sight.</summary>
    public DateTimeOffset? NextWork { get; }

    /// <summary>How old the catalog may be before this set is not used any more.</summary>
    public TimeSpan LongestStaleness { get; }

    /// <summary>One line for each signer, in their order.</summary>
    public ReadOnlySpan<SigningLine> Lines => _lines;

    /// <summary>The keys that are to sign now, and which their providers do not have or refuse to use, as far as they were asked.</summary>
    public IEnumerable<SigningKey> UnusableAt(DateTimeOffset now) => _lines.Select(line => line.ActiveAt(now)).OfType<SigningKey>().Where(key => key.Guarded.IsUnusable);

    /// <summary>By kid what this process signed and no stored version tells yet; null for nothing.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset>? UnrecordedExpiries()
    {
        Dictionary<string, DateTimeOffset>? unrecorded = null;
        foreach (var key in KeySet.Keys)
        {
            if (_expiries[key.Kid].Value is { } expiry && RotationPlan.IsUnrecorded(key.Dates, expiry))
                (unrecorded ??= new(StringComparer.Ordinal)).Add(key.Kid, expiry);
        }

        return unrecorded;
    }

    /// <summary>The JWKS at <paramref name="now"/>; null where no key is published.</summary>
    public PublishedJwks? PublishedAt(DateTimeOffset now)
    {
        var published = Volatile.Read(ref _published);
        if (published is null || !published.IsCurrentAt(now))
            Volatile.Write(ref _published, published = PublishedJwks.Make(KeySet, now)); // racing readers make equal ones
        return published.Keys.IsEmpty ? null : published;
    }
}
