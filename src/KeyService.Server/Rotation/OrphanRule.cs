using KeyService.Core.Keys;
using KeyService.Core.Providers;

namespace KeyService.Server.Rotation;

/// <summary>Whether a key that no key set knows of may be destroyed. Pure.</summary>
internal static class OrphanRule
{
    /// <summary>
    /// Only where the store proves that it lived through the time when the key was asked for: the key set was made before that, and has a
    /// key that was asked for after it. A store that was lost and came up empty has made its key sets anew, and one that was
    /// restored from a backup has no later key: what they do not know may be all that is left.
    /// </summary>
    /// <param name="recorded">The key set that the label names, as the store has it; null where it has none.</param>
    public static bool MayDestroy(ProviderKey orphan, KeySet? recorded) =>
        !orphan.IsForeign
        && recorded is not null
        && KeyIntent.AskedFor(orphan.Label) is { } askedFor
        && recorded.Created + recorded.Policy.ClockSkew < askedFor // two clocks
        && recorded.Keys.Any(key => KeyIntent.AskedFor(key.Label) > askedFor);
}
