using System.Security.Cryptography;

namespace KeyService.Core.Signing;

/// <summary>ML-DSA (FIPS 204), where the platform has it: OpenSSL 3.5 or newer.</summary>
internal sealed class MlDsaVerifier : PublicKeyVerifier
{
    private readonly ImportedKeys<MLDsa>? _keys;

    /// <param name="publicKey">As in the JWK's <c>pub</c>.</param>
    public MlDsaVerifier(SigningAlgorithm algorithm, byte[] publicKey)
        : base(algorithm, algorithm.SignatureLength(modulusBits: 0))
    {
        if (MLDsa.IsSupported)
            _keys = new ImportedKeys<MLDsa>(() => MLDsa.ImportMLDsaPublicKey(Parameters(algorithm), publicKey));
    }

    private protected override SignatureVerdict VerifyInput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature)
    {
        if (_keys is null)
            return SignatureVerdict.CannotVerifyHere;
        var key = _keys.Rent();
        try
        {
            return Verdict(key.VerifyData(input, signature));
        }
        finally
        {
            _keys.Return(key);
        }
    }

    protected override void Dispose(bool disposing) => _keys?.Dispose();

    private static MLDsaAlgorithm Parameters(SigningAlgorithm algorithm) => algorithm.PublicKeyLength switch
    {
        1312 => MLDsaAlgorithm.MLDsa44,
        1952 => MLDsaAlgorithm.MLDsa65,
        _ => MLDsaAlgorithm.MLDsa87,
    };
}
