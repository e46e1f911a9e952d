namespace KeyService.Core.Storage;

/// <summary>
/// A store through which processes keep out of each other's way. Compare-and-set makes changes safe without it; it saves two replicas from
/// making the same key at once in a provider that cannot tell them apart, such as a PKCS#11 token, where labels are not unique.
/// </summary>
public interface IProcessTurns
{
    /// <summary>
    /// Waits until nobody else is in the turn of this name, in any process. A turn ends by disposal, and also when its process or the
    /// store is lost: so it makes a collision rare, and whoever needs more than that must still cope with one.
    /// </summary>
    /// <exception cref="KeyServiceException">StoreUnavailable, also where the others take too long.</exception>
    Task<IAsyncDisposable> EnterAsync(string name, CancellationToken cancellationToken);
}
