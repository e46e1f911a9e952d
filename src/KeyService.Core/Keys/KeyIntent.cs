using KeyService.Core.Signing;

namespace KeyService.Core.Keys;

/// <summary>
/// A key that is about to be made. Saved before the provider is asked, so that a crash at any moment leaves a trace by
/// which the provider's key is found and finished.
/// </summary>
public sealed record KeyIntent
{
    /// <summary>Begins the label of every key that this service makes.</summary>
    public const string AnyLabelPrefix = "keyservice/";

    /// <summary>
    /// 32 hex digits: a UUID of version 7 (RFC 9562 §5.7), so that the label of a key tells when it was asked for, whatever provider holds
    /// it: that is all that is left of its dates when the store is lost. Those of older versions of this service are random.
    /// </summary>
    public required string Id { get; init; }

    public required SigningAlgorithm Algorithm { get; init; }

    public required string Provider { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>True where the key is to sign at once, before verifiers had time to learn of it.</summary>
    public bool Emergency { get; init; }

    /// <summary>True where the rotation period asked for it: it then activates when its predecessor has served the period.</summary>
    public bool Scheduled { get; init; }

    public string? Reason { get; init; }

    /// <summary>
    /// When it was given up: its signer was removed, or its set deleted. It becomes no key any more, and stays until nothing can be
    /// on its way for it.
    /// </summary>
    public DateTimeOffset? GivenUp { get; init; }

    /// <summary>The label under which the provider makes the key: found again by it after a crash.</summary>
    public string Label(string keySet) => $"{LabelPrefix(keySet)}{Id}";

    /// <summary>The id of the intent that a key with this label was made for.</summary>
    public static string IdOf(string label) => label[(label.LastIndexOf('/') + 1)..];

    /// <summary>A new id; those of later instants are greater in ordinal order.</summary>
    public static string NewId(DateTimeOffset now) => Guid.CreateVersion7(now).ToString("N");

    /// <summary>When the key with this label was asked for, to the millisecond; null where its id does not tell.</summary>
    public static DateTimeOffset? AskedFor(string label) =>
        Guid.TryParseExact(IdOf(label), "N", out var id) && id is { Version: 7, Variant: >= 8 and <= 11 }
            ? DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(IdOf(label)[..12], 16))
            : null;

    /// <summary>The key set that a key with this label was made for; null where it is no label of this service.</summary>
    public static string? KeySetOf(string label) =>
        label.Split('/') is ["keyservice", var keySet, { Length: 32 } id] && KeySetRules.IsName(keySet) && id.All(char.IsAsciiHexDigitLower) ? keySet : null;

    /// <summary>Begins the label of every key of a key set, and of no other.</summary>
    public static string LabelPrefix(string keySet) => $"{AnyLabelPrefix}{keySet}/";
}
