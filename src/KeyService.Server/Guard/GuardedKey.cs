using System.Buffers.Text;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Server.Guard;

/// <summary>A key as the guard needs it: how its provider calls it, and what verifies its signatures. Made once and kept while the key is in use.</summary>
/// <param name="publicKey">Null where nothing can be verified.</param>
internal sealed class GuardedKey(string provider, KeyHandle handle, SigningAlgorithm algorithm, Jwk? publicKey)
{
    // Never disposed: a signature that is under way may need it, and its native key is freed with it.
    private readonly Lazy<PublicKeyVerifier?> _verifier = new(() => publicKey is null ? null : PublicKeyVerifier.Create(publicKey, algorithm));
    private bool _isUnusable;

    public KeyHandle Handle => handle;

    public SigningAlgorithm Algorithm => algorithm;

    /// <summary>True from when the provider said that it does not have the key, or refuses to use it, until it signs with it.</summary>
    public bool IsUnusable { get => Volatile.Read(ref _isUnusable); private set => Volatile.Write(ref _isUnusable, value); }

    /// <summary>0 for keys other than RSA's.</summary>
    public int ModulusBits { get; } = publicKey?.Modulus is { } modulus ? Base64Url.GetMaxDecodedLength(modulus.Length) * 8 : 0;

    /// <summary>Computed anew each time; null where the public half is not known.</summary>
    public string? Kid => publicKey?.Thumbprint();

    public PublicKeyVerifier? Verifier => _verifier.Value;

    public KeyValuePair<string, object?> ProviderTag { get; } = new("provider", provider);

    public KeyValuePair<string, object?> AlgorithmTag { get; } = new("algorithm", algorithm.Name);

    public void HasSigned()
    {
        if (IsUnusable) // so that signatures write nothing that they share
            IsUnusable = false;
    }

    public void HasFailed(KeyServiceException failure)
    {
        if (!failure.IsTransient && failure.Error is KeyServiceError.KeyNotFound or KeyServiceError.ProviderRejected)
            IsUnusable = true;
    }
}
