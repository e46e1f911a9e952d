namespace KeyService.Core.Storage;

/// <summary>
/// A store that can tell of changes at once. Never the only way to learn of them: whoever reads changes at intervals too loses nothing
/// but time when a notification is lost.
/// </summary>
public interface IChangeNotifications
{
    /// <summary>
    /// Completes once there may be something to read that was saved since this completed last, by whichever process. Changes that come
    /// together may complete it once. While the store is away it does not complete; once it is back it does.
    /// One caller at a time.
    /// </summary>
    Task WaitForChangeAsync(CancellationToken cancellationToken);
}
