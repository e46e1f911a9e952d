using System.Security.Cryptography;

namespace KeyService.Core.Signing;

/// <summary>ES*, signatures as R‖S.</summary>
internal sealed class EcdsaVerifier : PublicKeyVerifier
{
    private readonly ImportedKeys<ECDsa> _keys;

    public EcdsaVerifier(SigningAlgorithm algorithm, byte[] subjectPublicKeyInfo)
        : base(algorithm, algorithm.SignatureLength(modulusBits: 0)) =>
        _keys = new ImportedKeys<ECDsa>(() => Import(subjectPublicKeyInfo));

    private protected override SignatureVerdict VerifyInput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature)
    {
        var key = _keys.Rent();
        try
        {
            return Verdict(key.VerifyHash(input, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        }
        finally
        {
            _keys.Return(key);
        }
    }

    protected override void Dispose(bool disposing) => _keys.Dispose();

    private static ECDsa Import(byte[] subjectPublicKeyInfo)
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        return key;
    }
}
