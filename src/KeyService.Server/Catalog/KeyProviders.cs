using System.Collections.Frozen;
using KeyService.Core;
using KeyService.Core.Providers;

namespace KeyService.Server.Catalog;

/// <summary>The providers of this server by name. Fixed for the life of the process.</summary>
internal sealed class KeyProviders(IEnumerable<IKeyProvider> providers)
{
    private readonly FrozenDictionary<string, IKeyProvider> _byName =
        providers.ToFrozenDictionary(provider => provider.Name, StringComparer.Ordinal);

    public IEnumerable<IKeyProvider> All => _byName.Values;

    /// <summary>Null where a key set names a provider that the settings no longer hold: its keys are published but cannot sign.</summary>
    public IKeyProvider? Find(string name) => _byName.GetValueOrDefault(name);

    /// <exception cref="KeyServiceException">ProviderUnavailable: the settings of this server do not name it.</exception>
    public IKeyProvider Get(string name) => Find(name) ?? throw new KeyServiceException(
        KeyServiceError.ProviderUnavailable, $"Provider '{name}' is not in the settings of this server.");
}
