using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Storage;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using KeyService.Server.Guard;

namespace KeyService.Server.Rotation;

/// <summary>
/// Looks for keys in the providers that carry a label of this service and stand in no key set: recovery leaves none, but a store that was
/// restored from a backup does, and so may a provider that carries out a call after an hour. They are reported; they are
/// destroyed only where the settings say so, since they may be the keys of another deployment, and <see cref="OrphanRule"/> lets them.
/// </summary>
internal sealed class OrphanSearch(
    IKeySetStore store, KeySetCatalog catalog, KeyProviders providers, GuardMetrics metrics, OrphanSettings settings, TimeProvider time, ILogger<OrphanSearch> logger)
    : BackgroundService
{
    private List<Orphan> _found = [];

    /// <summary>One search in all providers. One that does not answer keeps what was found in it before.</summary>
    public async Task<IReadOnlyList<Orphan>> SearchAsync(CancellationToken cancellationToken)
    {
        var found = new List<Orphan>();
        foreach (var provider in providers.All)
        {
            var before = _found.Where(orphan => orphan.Provider == provider.Name).ToArray();
            try
            {
                found.AddRange(await SearchAsync(provider, before, cancellationToken));
            }
            catch (KeyServiceException e)
            {
                Log.OrphansNotSought(logger, e, provider.Name);
                found.AddRange(before);
            }
        }

        return _found = found;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.SearchInterval, time);
        do
        {
            try
            {
                await SearchAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.OrphanSearchFailed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<List<Orphan>> SearchAsync(GuardedKeyProvider provider, IReadOnlyCollection<Orphan> before, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var orphans = new List<Orphan>();
        // First what the provider holds, then what is recorded: a key whose intent was saved in between is not in the list.
        foreach (var held in await provider.FindKeysAsync(KeyIntent.AnyLabelPrefix, cancellationToken))
        {
            if (KeyIntent.KeySetOf(held.Label) is not { } name || await IsRecordedAsync(name, provider.Name, held, cancellationToken))
                continue;
            var still = await provider.FindKeysAsync(held.Label, cancellationToken); // it may have been destroyed and forgotten since it was listed
            if (still.All(key => key.Handle != held.Handle))
                continue;
            var known = before.FirstOrDefault(orphan => orphan.Handle == held.Handle);
            var orphan = known ?? new Orphan(provider.Name, held.Label, held.Handle, now);
            if (known is null)
                Log.OrphanFound(logger, orphan.Label, orphan.Provider);
            if (now >= orphan.Since + settings.DestroyAfter && OrphanRule.MayDestroy(held, await store.FindAsync(name, cancellationToken)))
                await DestroyAsync(provider, orphan, cancellationToken);
            else
                orphans.Add(orphan);
        }

        metrics.Orphans(provider.Name, orphans.Count);
        return orphans;
    }

    /// <summary>The catalog knows nearly all; only of what is not there is the store asked.</summary>
    private async Task<bool> IsRecordedAsync(string keySet, string provider, ProviderKey held, CancellationToken cancellationToken)
    {
        return catalog.IsUnreadable(keySet) // nobody knows what stands in it
            || (catalog.TryGet(keySet, out var seen) && IsIn(seen.KeySet))
            || (await store.FindAsync(keySet, cancellationToken) is { } latest && IsIn(latest));

        bool IsIn(KeySet set) =>
            set.Keys.Any(key => key.Provider == provider && key.Handle == held.Handle && key.Dates.Erased is null)
            || set.Intents.Any(intent => intent.Provider == provider && intent.Label(keySet) == held.Label);
    }

    private async Task DestroyAsync(GuardedKeyProvider provider, Orphan orphan, CancellationToken cancellationToken)
    {
        Log.DestroyingOrphan(logger, orphan.Label, orphan.Provider, orphan.Since);
        await provider.DestroyKeyAsync(orphan.Handle, cancellationToken);
    }
}
