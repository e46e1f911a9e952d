using KeyService.Core.Keys;

namespace KeyService.Core.Storage;

/// <summary>What changed in a store since a position.</summary>
/// <param name="Position">Where to read on from.</param>
/// <param name="Saved">Key sets saved since, each in its latest version.</param>
/// <param name="Removed">Names of key sets removed since and not made again.</param>
public sealed record StoreChanges(long Position, IReadOnlyList<KeySet> Saved, IReadOnlyList<string> Removed)
{
    /// <summary>Key sets saved since that cannot be read. They are neither removed nor what they were before.</summary>
    public IReadOnlyList<UnreadableKeySet> Unreadable { get; init; } = [];
}
