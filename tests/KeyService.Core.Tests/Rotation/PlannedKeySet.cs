using System.Collections.Immutable;
using System.Globalization;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Rotation;
using KeyService.Core.Signing;

namespace KeyService.Core.Tests.Rotation;

/// <summary>A key set that lives by its plan alone, with a clock that is moved by hand and keys that are names only.</summary>
internal sealed class PlannedKeySet
{
    public static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly Signer Es256 = new(SigningAlgorithm.ES256, "hsm");
    public static readonly Signer Rs256 = new(SigningAlgorithm.RS256, "hsm", 2048);
    public static readonly Signer Es256Elsewhere = new(SigningAlgorithm.ES256, "cloud");

    public static readonly KeySetPolicy Policy = new()
    {
        Propagation = TimeSpan.FromMinutes(30),
        MaxTokenLifetime = TimeSpan.FromHours(1),
        Retention = TimeSpan.FromDays(1),
        ClockSkew = TimeSpan.FromMinutes(1),
    };

    private int _ids;

    /// <summary>Nothing is made yet: every signer waits for its first key.</summary>
    public PlannedKeySet(KeySetPolicy? policy = null, params ImmutableArray<Signer> signers) => Set = new KeySet
    {
        Name = "orders",
        Created = Noon,
        Policy = policy ?? Policy,
        Signers = signers.IsEmpty ? [Es256] : signers,
    };

    public KeySet Set { get; set; }

    public DateTimeOffset Now { get; set; } = Noon;

    /// <summary>How long another replica may not know yet what is planned.</summary>
    public TimeSpan Lag { get; set; }

    /// <summary>With the first key of each signer.</summary>
    public static PlannedKeySet Started(KeySetPolicy? policy = null, params ImmutableArray<Signer> signers)
    {
        var set = new PlannedKeySet(policy, signers);
        set.Rotate();
        return set;
    }

    /// <summary>A new key for each signer, made at once.</summary>
    /// <returns>The key of the first signer.</returns>
    public Key Rotate(RotationCause cause = RotationCause.Request)
    {
        Begin(cause, [.. Set.Signers]);
        while (Set.Intents.FirstOrDefault(intent => intent.GivenUp is null) is { } intent)
            Complete(intent);
        return Set.Keys.Last(Set.Signers[0].Owns);
    }

    public KeyIntent Begin(RotationCause cause, params Signer[] signers)
    {
        Set = RotationPlan.Begin(Set, signers, cause, reason: null, Now, NewId);
        return Set.Intents[^1];
    }

    public void Complete(KeyIntent intent) => Set = RotationPlan.Complete(Set, intent, new Key
    {
        Kid = $"kid of {intent.Id}",
        Algorithm = intent.Algorithm,
        Provider = intent.Provider,
        Handle = new KeyHandle(intent.Id),
        Label = intent.Label(Set.Name),
        PublicKey = new Jwk { KeyType = "EC" },
        Dates = new KeyDates { Created = Now, Published = Now, Activates = Now },
    }, Now, Lag);

    public void Revoke(Key key) => Set = RotationPlan.Revoke(Set, Again(key), "leaked", Now);

    public void Advance(TimeSpan by) => Now += by;

    /// <summary>The key as it is planned now.</summary>
    public Key Again(Key key) => Set.Keys.Single(other => other.Kid == key.Kid);

    public KeyDates DatesOf(Key key) => Again(key).Dates;

    public Key? Active(Signer? signer = null) => KeyTimeline.ActiveAt(Set, signer ?? Set.Signers[0], Now);

    public KeyState StateOf(Key key) => KeyTimeline.StateAt(DatesOf(key), Now);

    public IEnumerable<string> Published => KeyTimeline.PublishedAt(Set, Now).Select(key => key.Kid);

    /// <summary>A UUID of version 7, as the service makes them, with a counter for its random part.</summary>
    private string NewId() => string.Create(CultureInfo.InvariantCulture, $"{Now.ToUnixTimeMilliseconds():x12}70008000{++_ids:x12}");
}
