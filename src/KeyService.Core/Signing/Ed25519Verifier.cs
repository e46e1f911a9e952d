namespace KeyService.Core.Signing;

/// <summary>Ed25519, where libcrypto is there to do it.</summary>
/// <param name="libcrypto">Null where there is none: then nothing can be verified.</param>
internal sealed class Ed25519Verifier(SigningAlgorithm algorithm, ReadOnlySpan<byte> publicKey, Libcrypto? libcrypto)
    : PublicKeyVerifier(algorithm, algorithm.SignatureLength(modulusBits: 0))
{
    private readonly LibcryptoPublicKey? _key = libcrypto?.ImportEd25519(publicKey);

    private protected override SignatureVerdict VerifyInput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature) =>
        _key?.Verify(input, signature) ?? SignatureVerdict.CannotVerifyHere;

    protected override void Dispose(bool disposing) => _key?.Dispose();
}
