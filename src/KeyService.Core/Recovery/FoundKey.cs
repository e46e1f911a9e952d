using KeyService.Core.Keys;
using KeyService.Core.Providers;

namespace KeyService.Core.Recovery;

/// <summary>A key with a label of a key set, as its provider holds it.</summary>
/// <param name="PublicKey">Null where the provider shows none: the key is disabled, or what is left of one that was never finished.</param>
public sealed record FoundKey(string Provider, string Label, KeyHandle Handle, Jwk? PublicKey)
{
    /// <summary>True where it seems to be another deployment's; see <see cref="ProviderKey.IsForeign"/>.</summary>
    public bool IsForeign { get; init; }

    /// <summary>Its kid; null without public key.</summary>
    public string? Kid { get; } = PublicKey?.Thumbprint();

    /// <summary>When it was asked for; null where its label does not tell.</summary>
    public DateTimeOffset? AskedFor { get; } = KeyIntent.AskedFor(Label);
}
