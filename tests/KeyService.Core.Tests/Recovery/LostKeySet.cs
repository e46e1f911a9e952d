using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Recovery;
using KeyService.Core.Rotation;

namespace KeyService.Core.Tests.Recovery;

/// <summary>What is left of a key set when its record is lost: what the providers hold, and what somebody may have kept.</summary>
internal static class LostKeySet
{
    /// <summary>A key as a provider shows it; the public half is a name only.</summary>
    public static FoundKey Found(Signer signer, string label) => new(signer.Provider, label, new KeyHandle(KeyIntent.IdOf(label)), signer.Algorithm.KeyType == "RSA"
        ? new Jwk { KeyType = "RSA", Modulus = label, Exponent = "AQAB" }
        : new Jwk { KeyType = signer.Algorithm.KeyType, Curve = signer.Algorithm.Curve, X = label });

    public static FoundKey Found(Key key) => Found(new Signer(key.Algorithm, key.Provider), key.Label);

    /// <summary>The set as the settings have it, and all of its keys that are not destroyed.</summary>
    public static RecoveryEvidence Of(KeySet lost, DateTimeOffset now) => new()
    {
        Record = lost with { Keys = [], Intents = [], Requests = [], Revision = 0, CachesUntil = null },
        Found = [.. lost.Keys.Where(key => key.Dates.Erased is null).Select(Found)],
        Revoked = lost.Keys.Where(key => key.Dates.Compromised is not null).Select(key => Found(key).Kid!).ToHashSet(), // a public key was given
        Now = now,
        Lag = TimeSpan.Zero,
    };

    /// <summary>The JWKS as it was served at an instant.</summary>
    public static IReadOnlyList<(string Kid, string Algorithm)> JwksOf(KeySet set, DateTimeOffset now) =>
        [.. KeyTimeline.PublishedAt(set, now).Select(key => (Found(key).Kid!, key.Algorithm.Name))]; // a public key was given
}
