using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using KeyService.Server.Configuration;

namespace KeyService.Server.Catalog;

/// <summary>
/// How old the catalog may be. A replica that cannot reach the store knows neither of a revocation nor of a new key: for a while
/// that is better than to fail, and then it is not.
/// </summary>
internal sealed class Staleness(StorageSettings settings, TimeProvider time)
{
    /// <summary>So many intervals may pass without a success before anything is refused, whatever the propagation.</summary>
    public const int LeastIntervals = 5;

    private long _readAt = time.GetTimestamp();

    /// <summary>Since the store was last read to the end.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _readAt));

    /// <summary>When the store was last read to the end, as a timestamp of the clock.</summary>
    public long ReadAt => Volatile.Read(ref _readAt);

    /// <summary>True where a few reads in a row must have failed.</summary>
    public bool IsLate => Age > settings.RefreshInterval * LeastIntervals;

    /// <param name="began">When the read began: what changed after that it may have missed.</param>
    public void ReadSince(long began) => Volatile.Write(ref _readAt, began);

    public long Begin() => time.GetTimestamp();

    /// <summary>How old a copy is.</summary>
    /// <param name="readAt">When it was known to be the present one.</param>
    public TimeSpan AgeSince(long readAt) => time.GetElapsedTime(readAt);

    /// <summary>How old the catalog may be for a key set.</summary>
    public TimeSpan LimitOf(KeySetPolicy policy) =>
        KeyTimeline.LongestStaleness(policy, settings.MaxStaleness, settings.RefreshInterval * LeastIntervals);

    /// <exception cref="KeyServiceException">StoreUnavailable: what is not known here may have been made elsewhere.</exception>
    public void ThrowIfLate()
    {
        if (IsLate)
            throw new KeyServiceException(KeyServiceError.StoreUnavailable, $"The store could not be read for {Age.TotalSeconds:0} s, so a key set that is not known here may have been made since.");
    }

    /// <param name="set">The copy.</param>
    /// <param name="readAt">When it was known to be the present one.</param>
    /// <exception cref="KeyServiceException">StoreUnavailable: nothing of this set is signed or published any more.</exception>
    public void ThrowIfTooOld(KeySetSnapshot set, long readAt)
    {
        if (AgeSince(readAt) is var age && age > set.LongestStaleness)
        {
            throw new KeyServiceException(
                KeyServiceError.StoreUnavailable, $"Key set '{set.KeySet.Name}' could not be read from the store for {age.TotalSeconds:0} s, so it may have changed: after {set.LongestStaleness.TotalSeconds:0.#} s it is not used any more.");
        }
    }
}
