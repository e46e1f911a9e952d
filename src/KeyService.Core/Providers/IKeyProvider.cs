using KeyService.Core.Signing;

namespace KeyService.Core.Providers;

/// <summary>
/// Holds private keys and signs with them. Private key material never leaves it: there is no export.
/// Every failure is a <see cref="KeyServiceException"/> with ProviderUnavailable, ProviderThrottled, ProviderBusy,
/// ProviderRejected, AlgorithmNotSupported, KeyNotFound or, for a label or an input that breaks its rule, InvalidArgument;
/// cancellation by the caller is rethrown as it is.
/// </summary>
public interface IKeyProvider : IAsyncDisposable
{
    /// <summary>The name that key sets use: the key of its section in the settings.</summary>
    string Name { get; }

    /// <summary>
    /// Longest input in bytes that <see cref="SignAsync"/> takes for <paramref name="algorithm"/>; 0 where the provider
    /// does not offer the algorithm at all. A positive answer is a hint: the probe signature of a new key is the proof.
    /// </summary>
    int LargestInput(SigningAlgorithm algorithm);

    /// <summary>
    /// Makes a key pair inside the provider, not extractable, and reads that back. Idempotent by label: when the label
    /// already holds a whole key pair of this kind that one is returned, and remains of a creation that was cut off are removed.
    /// </summary>
    /// <param name="label">1 to 128 characters out of a-z, 0-9, '-', '.', '_' and '/'.</param>
    Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken);

    /// <summary>Signs. The hot path: no more allocations than the signature needs.</summary>
    /// <param name="input">
    /// The digest where <see cref="SigningAlgorithm.TakesDigest"/>, exactly <see cref="SigningAlgorithm.DigestLength"/>
    /// bytes; else the message.
    /// </param>
    /// <returns>The signature in JOSE form: ECDSA as R‖S (RFC 7518 §3.4), never as DER.</returns>
    ValueTask<byte[]> SignAsync(
        KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken);

    /// <summary>
    /// The key pairs whose label begins with <paramref name="labelPrefix"/>, in order of label. Remains of a creation that was cut
    /// off are among them, so that they can be destroyed: they have an empty SubjectPublicKeyInfo.
    /// </summary>
    Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken);

    /// <summary>Stops a key from signing in a way that an operator can take back, where the provider has one; else does nothing.</summary>
    Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken);

    /// <summary>Destroys a key pair for good, or starts the provider's waiting period for it. A key that is gone is no error.</summary>
    Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken);

    /// <summary>Returns when the provider could sign now; cheap enough for a readiness probe every second.</summary>
    Task CheckAsync(CancellationToken cancellationToken);
}
