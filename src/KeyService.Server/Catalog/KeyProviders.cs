using System.Collections.Frozen;
using KeyService.Core;
using KeyService.Server.Guard;

namespace KeyService.Server.Catalog;

/// <summary>The providers of this server by name, each behind its guard. Fixed for the life of the process.</summary>
internal sealed class KeyProviders(IEnumerable<GuardedKeyProvider> providers)
{
    private readonly FrozenDictionary<string, GuardedKeyProvider> _byName =
        providers.ToFrozenDictionary(provider => provider.Name, StringComparer.Ordinal);

    public IEnumerable<GuardedKeyProvider> All => _byName.Values;

    /// <summary>Null where a key set names a provider that the settings no longer hold: its keys are published but cannot sign.</summary>
    public GuardedKeyProvider? Find(string name) => _byName.GetValueOrDefault(name);

    /// <exception cref="KeyServiceException">ProviderUnavailable: the settings of this server do not name it.</exception>
    public GuardedKeyProvider Get(string name) => Find(name) ?? throw new KeyServiceException(
        KeyServiceError.ProviderUnavailable, $"Provider '{name}' is not in the settings of this server.");
}
