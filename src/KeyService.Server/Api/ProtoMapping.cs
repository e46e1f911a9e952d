using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using KeyService.Core.Rotation;
using KeyService.Protos.V1;
using JwksEntry = KeyService.Core.Keys.JwksEntry;
using Key = KeyService.Core.Keys.Key;
using KeySet = KeyService.Core.Keys.KeySet;
using KeyState = KeyService.Core.Keys.KeyState;
using Proto = KeyService.Protos.V1;

namespace KeyService.Server.Api;

/// <summary>From the domain to the contract's messages.</summary>
internal static class ProtoMapping
{
    public static JwkSet Jwks(ImmutableArray<JwksEntry> keys) => new() { Keys = { keys.Select(JwkOf) } };

    public static Proto.KeySet KeySetOf(KeySet keySet, DateTimeOffset now) => new()
    {
        Name = keySet.Name,
        Spec = SpecOf(keySet),
        Keys = { keySet.Keys.Select(key => KeyOf(key, now)) },
        Revision = (ulong)keySet.Revision,
        Created = keySet.Created.ToTimestamp(),
        Deleted = keySet.Deleted?.ToTimestamp(),
        PendingKeys = keySet.Intents.Count(intent => intent.GivenUp is null),
        Plan = { PlanExplanation.Explain(keySet, now).Select(StepOf) },
    };

    private static Proto.PlanStep StepOf(Core.Rotation.PlanStep step) => new()
    {
        At = step.At?.ToTimestamp(),
        Kid = step.Kid ?? "",
        What = step.What,
        Why = step.Why,
    };

    private static KeySetSpec SpecOf(KeySet keySet) => new()
    {
        Issuer = keySet.Issuer ?? "",
        Signers = { keySet.Signers.Select(signer => new Proto.Signer { Algorithm = signer.Algorithm.Name, Provider = signer.Provider, ModulusBits = signer.ModulusBits }) },
        Propagation = keySet.Policy.Propagation.ToDuration(),
        MaxTokenLifetime = keySet.Policy.MaxTokenLifetime.ToDuration(),
        RotationPeriod = keySet.Policy.RotationPeriod?.ToDuration(),
        Retention = keySet.Policy.Retention.ToDuration(),
        ClockSkew = keySet.Policy.ClockSkew.ToDuration(),
        LegacyEddsaName = keySet.LegacyEdDsaName,
    };

    private static Proto.Key KeyOf(Key key, DateTimeOffset now) => new()
    {
        Kid = key.Kid,
        Algorithm = key.Algorithm.Name,
        Provider = key.Provider,
        State = StateOf(KeyTimeline.StateAt(key.Dates, now)),
        Created = key.Dates.Created.ToTimestamp(),
        Published = key.Dates.Published.ToTimestamp(),
        Activates = key.Dates.Activates.ToTimestamp(),
        Deactivates = key.Dates.Deactivates?.ToTimestamp(),
        Unpublishes = key.Dates.Unpublishes?.ToTimestamp(),
        Destroys = key.Dates.Destroys?.ToTimestamp(),
        Compromised = key.Dates.Compromised?.ToTimestamp(),
        Erased = key.Dates.Erased?.ToTimestamp(),
        SignedUntil = key.Dates.SignedUntil?.ToTimestamp(),
        Emergency = key.Emergency,
        Reason = key.Reason ?? "",
    };

    private static Proto.KeyState StateOf(KeyState state) => state switch
    {
        KeyState.PreActive => Proto.KeyState.PreActive,
        KeyState.Active => Proto.KeyState.Active,
        KeyState.Deactivated => Proto.KeyState.Deactivated,
        KeyState.Retired => Proto.KeyState.Retired,
        KeyState.Destroyed => Proto.KeyState.Destroyed,
        KeyState.Compromised => Proto.KeyState.Compromised,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    private static Proto.Jwk JwkOf(JwksEntry key)
    {
        var jwk = new Proto.Jwk { Kty = key.PublicKey.KeyType, Use = "sig", Alg = key.Algorithm.Name, Kid = key.Kid };
        if (key.PublicKey.Curve is { } curve)
            jwk.Crv = curve;
        if (key.PublicKey.X is { } x)
            jwk.X = x;
        if (key.PublicKey.Y is { } y)
            jwk.Y = y;
        if (key.PublicKey.Modulus is { } modulus)
            jwk.N = modulus;
        if (key.PublicKey.Exponent is { } exponent)
            jwk.E = exponent;
        if (key.PublicKey.Public is { } bytes)
            jwk.Pub = bytes;
        return jwk;
    }
}
