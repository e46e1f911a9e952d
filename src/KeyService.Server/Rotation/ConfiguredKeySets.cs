using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;

namespace KeyService.Server.Rotation;

/// <summary>
/// The key sets of the settings that were absent at start. One that its provider cannot serve yet is tried again until it is
/// made; after that the API alone changes it, and a deleted one stays deleted until the next start.
/// </summary>
internal sealed class ConfiguredKeySets(KeySetCatalog catalog, KeyRotator rotator, ServerSettings settings, TimeProvider time, ILogger<ConfiguredKeySets> logger)
{
    private readonly List<KeySet> _missing = [];

    /// <summary>Those still to be made.</summary>
    public IReadOnlyList<KeySet> Missing => [.. _missing];

    /// <summary>At start, once the catalog is filled.</summary>
    /// <exception cref="KeyServiceException">A provider refuses a key set for good.</exception>
    public async Task MakeAllAsync(CancellationToken cancellationToken)
    {
        // A set that was deleted before it ever had a key is what a failed first start left behind, on its way out.
        _missing.AddRange(settings.KeySets.Where(wanted => !catalog.TryGet(wanted.Name, out var set)
            ? !catalog.IsUnreadable(wanted.Name)
            : set.KeySet is { Deleted: not null, Keys.IsEmpty: true }));
        foreach (var keySet in Missing)
        {
            try
            {
                await MakeAsync(keySet, cancellationToken);
            }
            catch (KeyServiceException e) when (e.IsTransient || e.Error == KeyServiceError.KeySetExists)
            {
                Log.KeySetNotReady(logger, e, keySet.Name);
            }
        }
    }

    /// <exception cref="KeyServiceException">As the provider or the store answers; KeySetExists while the remains of an earlier try are on their way out.</exception>
    public async Task MakeAsync(KeySet keySet, CancellationToken cancellationToken)
    {
        try
        {
            await rotator.CreateAsync(keySet with { Created = time.GetUtcNow() }, requestId: null, cancellationToken);
            Log.KeySetReady(logger, keySet.Name);
        }
        catch (KeyServiceException e) when (e.Error == KeyServiceError.KeySetExists && catalog.Get(keySet.Name).KeySet.Deleted is null)
        {
            // Another process of the same settings was faster, or an earlier try got as far as the intent, which the worker finishes.
        }

        _missing.Remove(keySet);
    }
}
