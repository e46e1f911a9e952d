using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Simulation.Replicas;

namespace KeyService.Simulation.Backends;

/// <summary>A provider as one replica sees it.</summary>
/// <param name="signing">Told of each signature that is asked for, in the very step in which its key was chosen.</param>
internal sealed class LossyProvider(SharedProvider provider, Wire wire, Action<KeyHandle> signing) : IKeyProvider
{
    public string Name => provider.Name;

    public int LargestInput(SigningAlgorithm algorithm) => algorithm == SigningAlgorithm.ES256 ? algorithm.DigestLength : 0;

    public Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken) =>
        wire.CallAsync(() => provider.Create(label), cancellationToken);

    public ValueTask<byte[]> SignAsync(KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        signing(key);
        var isProbe = ClientCall.Current is null;
        return new(wire.CallAsync(() => provider.Sign(key, input, isProbe), cancellationToken));
    }

    public Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken) =>
        wire.CallAsync(() => provider.Find(labelPrefix), cancellationToken);

    public Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken) =>
        wire.CallAsync(() => provider.Destroy(key), cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => wire.CallAsync(() => true, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
