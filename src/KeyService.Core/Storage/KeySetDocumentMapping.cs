using System.Collections.Immutable;
using System.Text.Json;
using KeyService.Core.Keys;

namespace KeyService.Core.Storage;

/// <summary>Domain to stored members and back. Judges nothing: that is for <see cref="KeySetDocumentRules"/>.</summary>
internal static class KeySetDocumentMapping
{
    public static KeySetModel ToModel(KeySet keySet, int format) => new()
    {
        Format = format,
        Name = keySet.Name,
        Revision = keySet.Revision,
        Created = keySet.Created,
        Deleted = keySet.Deleted,
        Issuer = keySet.Issuer,
        LegacyEdDsaName = keySet.LegacyEdDsaName,
        Policy = ToModel(keySet.Policy),
        CachesUntil = keySet.CachesUntil,
        Signers = [.. keySet.Signers.Select(ToModel)],
        Keys = [.. keySet.Keys.Select(ToModel)],
        Intents = [.. keySet.Intents.Select(ToModel)],
        Requests = [.. keySet.Requests.Select(ToModel)],
    };

    public static KeySet ToKeySet(KeySetModel model) => new()
    {
        Name = model.Name,
        Revision = model.Revision,
        Created = model.Created,
        Deleted = model.Deleted,
        Issuer = model.Issuer,
        LegacyEdDsaName = model.LegacyEdDsaName,
        Policy = ToPolicy(model.Policy),
        CachesUntil = model.CachesUntil,
        Signers = [.. Whole(model.Signers, "signers").Select(ToSigner)],
        Keys = [.. Whole(model.Keys, "keys").Select(ToKey)],
        Intents = [.. Whole(model.Intents, "intents").Select(ToIntent)],
        Requests = [.. Whole(model.Requests, "requests").Select(ToRequest)],
    };

    private static PolicyModel ToModel(KeySetPolicy policy) => new()
    {
        Propagation = policy.Propagation,
        MaxTokenLifetime = policy.MaxTokenLifetime,
        Retention = policy.Retention,
        ClockSkew = policy.ClockSkew,
        RotationPeriod = policy.RotationPeriod,
    };

    private static KeySetPolicy ToPolicy(PolicyModel model) => new()
    {
        Propagation = model.Propagation,
        MaxTokenLifetime = model.MaxTokenLifetime,
        Retention = model.Retention,
        ClockSkew = model.ClockSkew,
        RotationPeriod = model.RotationPeriod,
    };

    private static SignerModel ToModel(Signer signer) => new()
    {
        Algorithm = signer.Algorithm,
        Provider = signer.Provider,
        ModulusBits = signer.ModulusBits == 0 ? null : signer.ModulusBits,
    };

    private static Signer ToSigner(SignerModel model) => new(model.Algorithm, model.Provider, model.ModulusBits ?? 0);

    private static KeyModel ToModel(Key key) => new()
    {
        Kid = key.Kid,
        Algorithm = key.Algorithm,
        Provider = key.Provider,
        Handle = key.Handle,
        Label = key.Label,
        PublicKey = ToModel(key.PublicKey),
        Dates = ToModel(key.Dates),
        Emergency = key.Emergency,
        Reason = key.Reason,
    };

    private static Key ToKey(KeyModel model) => new()
    {
        Kid = model.Kid,
        Algorithm = model.Algorithm,
        Provider = model.Provider,
        Handle = model.Handle,
        Label = model.Label,
        PublicKey = ToJwk(model.PublicKey),
        Dates = ToDates(model.Dates),
        Emergency = model.Emergency,
        Reason = model.Reason,
    };

    private static JwkModel ToModel(Jwk jwk) => new()
    {
        KeyType = jwk.KeyType,
        Curve = jwk.Curve,
        X = jwk.X,
        Y = jwk.Y,
        Modulus = jwk.Modulus,
        Exponent = jwk.Exponent,
        Algorithm = jwk.Algorithm,
        Public = jwk.Public,
    };

    private static Jwk ToJwk(JwkModel model) => new()
    {
        KeyType = model.KeyType,
        Curve = model.Curve,
        X = model.X,
        Y = model.Y,
        Modulus = model.Modulus,
        Exponent = model.Exponent,
        Algorithm = model.Algorithm,
        Public = model.Public,
    };

    private static DatesModel ToModel(KeyDates dates) => new()
    {
        Created = dates.Created,
        Published = dates.Published,
        Activates = dates.Activates,
        Deactivates = dates.Deactivates,
        Unpublishes = dates.Unpublishes,
        Destroys = dates.Destroys,
        TokensUntil = dates.TokensUntil,
        SignedUntil = dates.SignedUntil,
        Compromised = dates.Compromised,
        Erased = dates.Erased,
    };

    private static KeyDates ToDates(DatesModel model) => new()
    {
        Created = model.Created,
        Published = model.Published,
        Activates = model.Activates,
        Deactivates = model.Deactivates,
        Unpublishes = model.Unpublishes,
        Destroys = model.Destroys,
        TokensUntil = model.TokensUntil,
        SignedUntil = model.SignedUntil,
        Compromised = model.Compromised,
        Erased = model.Erased,
    };

    private static IntentModel ToModel(KeyIntent intent) => new()
    {
        Id = intent.Id,
        Algorithm = intent.Algorithm,
        Provider = intent.Provider,
        Created = intent.Created,
        Scheduled = intent.Scheduled,
        Emergency = intent.Emergency,
        Reason = intent.Reason,
        GivenUp = intent.GivenUp,
    };

    private static KeyIntent ToIntent(IntentModel model) => new()
    {
        Id = model.Id,
        Algorithm = model.Algorithm,
        Provider = model.Provider,
        Created = model.Created,
        Scheduled = model.Scheduled,
        Emergency = model.Emergency,
        Reason = model.Reason,
        GivenUp = model.GivenUp,
    };

    private static RequestModel ToModel(HandledRequest request) => new()
    {
        Id = request.Id,
        Fingerprint = request.Fingerprint,
        Received = request.Received,
        IntentIds = [.. request.IntentIds],
    };

    private static HandledRequest ToRequest(RequestModel model, int index) =>
        new(model.Id, model.Fingerprint, model.Received, Whole(model.IntentIds, $"requests[{index}].intentIds"));

    /// <summary>The serializer checks members for null, but not the elements of an array.</summary>
    private static ImmutableArray<T> Whole<T>(ImmutableArray<T> elements, string member)
        where T : class
    {
        for (var i = 0; i < elements.Length; i++)
        {
            if (elements[i] is null)
                throw new JsonException("An element is null.", $"$.{member}[{i}]", lineNumber: null, bytePositionInLine: null);
        }
        return elements;
    }
}
