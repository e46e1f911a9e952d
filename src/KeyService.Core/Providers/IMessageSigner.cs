using KeyService.Core.Signing;

namespace KeyService.Core.Providers;

/// <summary>
/// A provider that takes short messages themselves where the algorithm signs a digest, such as an emulator that hashes whatever it
/// is given.
/// </summary>
public interface IMessageSigner
{
    /// <summary>Longest message in bytes; 0 where <paramref name="algorithm"/> has to be handed a digest.</summary>
    int LargestMessage(SigningAlgorithm algorithm);

    /// <summary>Signs a message that the backend hashes. Else as <see cref="IKeyProvider.SignAsync"/>.</summary>
    ValueTask<byte[]> SignMessageAsync(
        KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> message, CancellationToken cancellationToken);
}
