using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>A private key object of one connection, with what signing needs to know about it.</summary>
/// <param name="Object">The object's handle in the module: dies with the connection.</param>
/// <param name="ModulusLength">Bytes of an RSA modulus; 0 for the other types.</param>
/// <param name="Curve">The curve by its JWK name; "" for a curve that we do not know, and for RSA.</param>
internal sealed record PrivateKey(
    TokenConnection Connection, KeyHandle Handle, nuint Object, nuint KeyType, int ModulusLength, string Curve)
{
    /// <summary>Bytes of a signature, or 0 where the key is of another type than the algorithm signs with.</summary>
    public int SignatureLength(SigningAlgorithm algorithm) => algorithm.Scheme switch
    {
        SignatureScheme.RsaPkcs1 or SignatureScheme.RsaPss => KeyType == Ck.KeyType.Rsa ? ModulusLength : 0,
        SignatureScheme.Ecdsa => KeyType == Ck.KeyType.Ec && Curve == algorithm.Curve ? 2 * algorithm.FieldLength : 0,
        SignatureScheme.EdDsa => KeyType == Ck.KeyType.EcEdwards && Curve == algorithm.Curve ? 2 * algorithm.FieldLength : 0,
        _ => 0,
    };
}
