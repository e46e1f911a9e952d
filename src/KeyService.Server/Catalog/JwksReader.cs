using KeyService.Core;

namespace KeyService.Server.Catalog;

/// <summary>Finds what a key set publishes now: one rule for gRPC and HTTP.</summary>
internal sealed class JwksReader(KeySetCatalog catalog, TimeProvider time)
{
    /// <exception cref="KeyServiceException">
    /// StoreUnavailable where the copy at hand is too old; KeySetNotFound, for a deleted set too once its last key is unpublished; NoActiveKey where the first key is not ready:
    /// an empty set is never published by accident.
    /// </exception>
    public (PublishedJwks Jwks, long Revision) Read(string name)
    {
        var snapshot = catalog.GetFresh(name);
        if (snapshot.PublishedAt(time.GetUtcNow()) is { } published)
            return (published, snapshot.KeySet.Revision);
        throw snapshot.KeySet.Deleted is not null
            ? new KeyServiceException(KeyServiceError.KeySetNotFound, $"Key set '{name}' was deleted.") { Field = "key_set" }
            : new KeyServiceException(KeyServiceError.NoActiveKey, $"Key set '{name}' has no published key yet.");
    }
}
