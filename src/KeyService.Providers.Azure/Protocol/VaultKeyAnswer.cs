using KeyService.Providers.Azure.Keys;

namespace KeyService.Providers.Azure.Protocol;

/// <summary>One version of a key as the vault describes it.</summary>
/// <param name="Bundle">With its key, for that names the URL.</param>
internal sealed record VaultKeyAnswer(KeyUrl Url, KeyBundle Bundle);
