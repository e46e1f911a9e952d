using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using KeyService.Server.Configuration;

namespace KeyService.Server.Catalog;

/// <summary>The JWKS of a key set between two planned changes: the bytes that every reader is served.</summary>
internal sealed class PublishedJwks
{
    private readonly DateTimeOffset _from;
    private readonly DateTimeOffset _until;
    private readonly DateTimeOffset? _nextChange;
    private readonly TimeSpan _propagation;

    private PublishedJwks(KeySet keySet, DateTimeOffset now)
    {
        Keys = [.. KeyTimeline.PublishedAt(keySet, now).Select(key => new JwksEntry(key.Kid, keySet.Published(key.Algorithm), key.PublicKey))];
        Json = JwksDocument.Write(Keys);
        ETag = $"\"{Base64Url.EncodeToString(SHA256.HashData(Json).AsSpan(0, 18))}\"";
        _from = now;
        _nextChange = KeyTimeline.NextChange(keySet, now);
        _until = _nextChange ?? DateTimeOffset.MaxValue;
        _propagation = keySet.Policy.Propagation;
    }

    public ImmutableArray<JwksEntry> Keys { get; }

    public byte[] Json { get; }

    /// <summary>Strong entity tag with its quotes (RFC 9110 §8.8.3): a hash of the bytes, so equal on every replica.</summary>
    public string ETag { get; }

    public static PublishedJwks Make(KeySet keySet, DateTimeOffset now) => new(keySet, now);

    /// <summary>A clock that was set back asks for an instant before the first one: then it is made anew as well.</summary>
    public bool IsCurrentAt(DateTimeOffset now) => now >= _from && now < _until;

    /// <summary>
    /// How long a cache may keep the answer: never past the next planned change, and at most half the propagation, so that the
    /// other half is left for a consumer's own refresh and for clocks that differ. The floor keeps caches from all coming
    /// back in the instant of the change.
    /// </summary>
    public TimeSpan MaxAgeAt(DateTimeOffset now, JwksSettings settings)
    {
        var longest = TimeSpan.FromTicks(Math.Min(settings.MaxAge.Ticks, _propagation.Ticks / 2));
        if (_nextChange is not { } change || change - now >= longest)
            return longest;
        var floor = TimeSpan.FromTicks(Math.Min(settings.MinAge.Ticks, longest.Ticks));
        return change - now > floor ? change - now : floor;
    }
}
