using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Storage;

namespace KeyService.Storage;

/// <summary>Reads a document that a store kept beside its revision: the two must agree.</summary>
internal static class StoredDocument
{
    /// <summary>Of a feed: where one cannot be read, the others are read nevertheless.</summary>
    public static void Read(string name, long revision, byte[] document, List<KeySet> saved, List<UnreadableKeySet> unreadable)
    {
        try
        {
            saved.Add(Read(name, revision, document));
        }
        catch (KeyServiceException damage)
        {
            unreadable.Add(new UnreadableKeySet(name, damage.Message));
        }
    }

    /// <exception cref="KeyServiceException">StoreUnavailable, not passing: the row is damaged.</exception>
    public static KeySet Read(string name, long revision, byte[] document)
    {
        var keySet = KeySetDocument.Read(name, document);
        return keySet.Revision == revision
            ? keySet
            : throw new KeyServiceException(
                KeyServiceError.StoreUnavailable,
                $"The stored key set '{name}' cannot be read: revision is {keySet.Revision} where {revision} was saved.")
            { IsTransient = false };
    }
}
