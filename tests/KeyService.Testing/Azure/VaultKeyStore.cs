using System.Collections.Immutable;

namespace KeyService.Testing.Azure;

/// <summary>The keys of a vault with soft delete, which every vault has today (Azure Key Vault soft-delete overview).</summary>
internal sealed class VaultKeyStore(KeyVaultSettings settings, TimeProvider clock) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, VaultKey> _keys = new(StringComparer.OrdinalIgnoreCase); // names mean the same in either case

    public long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>A further version where the name is in use; names of deleted keys are blocked.</summary>
    public (VaultKey Key, VaultKeyVersion Version) Add(string name, VaultKeyMaterial material, Func<long, VaultKeyVersion> make)
    {
        lock (_lock)
        {
            if (_keys.GetValueOrDefault(name) is not { } key)
                _keys.Add(name, key = new VaultKey(name));
            if (key.Deleted is not null)
            {
                material.Dispose();
                throw IsBeingDeleted(key)
                    ? VaultRefusal.Conflict($"Key {name} is being deleted.", "ObjectIsBeingDeleted")
                    : VaultRefusal.Conflict($"Key {name} is deleted but recoverable, and its name cannot be reused.", "ObjectIsDeletedButRecoverable");
            }

            var version = make(Now);
            key.Versions.Add(version);
            return (key, version);
        }
    }

    public VaultKey Get(string name)
    {
        lock (_lock)
            return _keys.GetValueOrDefault(name) is { Deleted: null } key ? key : throw VaultRefusal.KeyNotFound(name);
    }

    public VaultKey GetDeleted(string name)
    {
        lock (_lock)
            return _keys.GetValueOrDefault(name) is { Deleted: not null } key && !IsBeingDeleted(key) ? key : throw VaultRefusal.KeyNotFound(name);
    }

    public ImmutableArray<VaultKey> List(bool deleted)
    {
        lock (_lock)
            return [.. _keys.Values.Where(key => deleted ? key.Deleted is not null && !IsBeingDeleted(key) : key.Deleted is null)];
    }

    /// <summary>A name that is not there has no versions; that is no error.</summary>
    public ImmutableArray<VaultKeyVersion> Versions(string name)
    {
        lock (_lock)
            return _keys.GetValueOrDefault(name) is { Deleted: null } key ? [.. key.Versions] : [];
    }

    public T Change<T>(Func<T> change)
    {
        lock (_lock)
            return change();
    }

    public VaultKey Delete(string name)
    {
        lock (_lock)
        {
            var key = Get(name);
            key.Deleted = clock.GetUtcNow();
            return key;
        }
    }

    public VaultKey Recover(string name)
    {
        lock (_lock)
        {
            var key = GetDeleted(name);
            key.Deleted = null;
            return key;
        }
    }

    public void Purge(string name)
    {
        lock (_lock)
        {
            var key = GetDeleted(name);
            if (settings.PurgeProtection)
                throw VaultRefusal.Forbidden("The vault is protected against purging.", "ForbiddenByPolicy");
            _keys.Remove(name);
            key.Versions.ForEach(static version => version.Material.Dispose());
        }
    }

    public void Dispose()
    {
        foreach (var version in _keys.Values.SelectMany(static key => key.Versions))
            version.Material.Dispose();
    }

    private bool IsBeingDeleted(VaultKey key) => key.Deleted is { } deleted && clock.GetUtcNow() < deleted + settings.DeletionTakes;
}
