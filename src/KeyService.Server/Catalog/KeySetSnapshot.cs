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
    private PublishedJwks? _published;

    public KeySetSnapshot(KeySet keySet, KeyProviders providers, Staleness staleness)
    {
        KeySet = keySet;
        NextWork = RotationPlan.NextWork(keySet);
        LongestStaleness = staleness.LimitOf(keySet.Policy);
        _lines = keySet.Deleted is not null ? [] :
        [
            .. keySet.Signers.Select(signer => new SigningLine(signer,
            [
                .. keySet.Keys
                    .Where(key => signer.Owns(key) && key.Dates is { Compromised: null, Erased: null })
                    .Select(key => new SigningKey(key, keySet.Published(key.Algorithm), providers.Find(key.Provider))),
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

    /// <summary>The JWKS at <paramref name="now"/>; null where no key is published.</summary>
    public PublishedJwks? PublishedAt(DateTimeOffset now)
    {
        var published = Volatile.Read(ref _published);
        if (published is null || !published.IsCurrentAt(now))
            Volatile.Write(ref _published, published = PublishedJwks.Make(KeySet, now)); // racing readers make equal ones
        return published.Keys.IsEmpty ? null : published;
    }
}
