using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace KeyService.Testing.Azure;

/// <summary>A real key pair. Only its public half can be had.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "The pair is disposed of with its material.")]
internal sealed class VaultKeyMaterial : IDisposable
{
    private readonly RSA? _rsa;
    private readonly ECDsa? _ec;

    private VaultKeyMaterial(string keyType, RSA? rsa, ECDsa? ec, string? curve) => (KeyType, _rsa, _ec, Curve) = (keyType, rsa, ec, curve);

    /// <summary>With <c>-HSM</c> where it was asked for.</summary>
    public string KeyType { get; }

    public string? Curve { get; }

    private string BareType => _rsa is null ? "EC" : "RSA";

    public static VaultKeyMaterial Rsa(string keyType, int bits) => new(keyType, RSA.Create(bits), null, null);

    public static VaultKeyMaterial Ec(string keyType, string curve) => new(keyType, null, ECDsa.Create(CurveOf(curve)), curve);

    public void Describe(JsonObject key)
    {
        if (_rsa is not null)
        {
            var rsa = _rsa.ExportParameters(includePrivateParameters: false);
            key["n"] = Base64Url.EncodeToString(rsa.Modulus);
            key["e"] = Base64Url.EncodeToString(rsa.Exponent);
            return;
        }

        var ec = _ec!.ExportParameters(includePrivateParameters: false); // one of the two is there
        key["crv"] = Curve;
        key["x"] = Base64Url.EncodeToString(ec.Q.X);
        key["y"] = Base64Url.EncodeToString(ec.Q.Y);
    }

    public byte[] Sign(VaultAlgorithm algorithm, byte[] digest)
    {
        Check(algorithm, digest);
        return _rsa?.SignHash(digest, algorithm.Hash, Padding(algorithm))
            ?? _ec!.SignHash(digest, DSASignatureFormat.IeeeP1363FixedFieldConcatenation); // as above
    }

    public bool Verify(VaultAlgorithm algorithm, byte[] digest, byte[] signature)
    {
        Check(algorithm, digest);
        return _rsa?.VerifyHash(digest, signature, algorithm.Hash, Padding(algorithm))
            ?? _ec!.VerifyHash(digest, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation); // as above
    }

    public void Dispose()
    {
        _rsa?.Dispose();
        _ec?.Dispose();
    }

    private void Check(VaultAlgorithm algorithm, byte[] digest)
    {
        if (algorithm.KeyType != BareType || algorithm.Curve != Curve)
            throw VaultRefusal.BadParameter("The key and the signing algorithm are incompatible.");
        if (digest.Length != algorithm.DigestLength)
            throw VaultRefusal.BadParameter($"The digest for {algorithm.Name} must have {algorithm.DigestLength} bytes, not {digest.Length}.");
    }

    private static RSASignaturePadding Padding(VaultAlgorithm algorithm) => algorithm.IsPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    private static ECCurve CurveOf(string curve) => curve switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        "P-256K" => ECCurve.CreateFromValue("1.3.132.0.10"), // secp256k1, SEC 2 §2.4.1
        _ => throw VaultRefusal.BadParameter($"The curve {curve} is not supported."),
    };
}
