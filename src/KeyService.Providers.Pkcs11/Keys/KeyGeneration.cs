using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>Makes key pairs whose private half cannot leave the token, and believes nothing that it has not read back.</summary>
internal static class KeyGeneration
{
    private const int IdLength = 16;

    /// <summary>What the private object must say. The first three make the promise, so a token must know them.</summary>
    private static readonly (string Name, nuint Type, bool Value, bool Needed)[] Promises =
    [
        ("CKA_TOKEN", Ck.Attribute.Token, true, true),
        ("CKA_SENSITIVE", Ck.Attribute.Sensitive, true, true),
        ("CKA_EXTRACTABLE", Ck.Attribute.Extractable, false, true),
        ("CKA_PRIVATE", Ck.Attribute.Private, true, false),
        ("CKA_ALWAYS_SENSITIVE", Ck.Attribute.AlwaysSensitive, true, false),
        ("CKA_NEVER_EXTRACTABLE", Ck.Attribute.NeverExtractable, true, false),
        ("CKA_LOCAL", Ck.Attribute.Local, true, false),
    ];

    /// <summary>
    /// Makes a pair under the label, still to be checked. The CKA_ID is random and not made from the label: a handle must never come to
    /// mean another key.
    /// </summary>
    public static KeyPair Generate(TokenSession session, string label, KeySpec spec) =>
        Generate(session, label, RandomNumberGenerator.GetBytes(IdLength), spec);

    /// <summary>Checks a pair against what was asked for, and reads its public half.</summary>
    /// <returns>Null where the public half cannot be read at the moment.</returns>
    /// <exception cref="KeyServiceException">ProviderRejected: the pair is not what it must be.</exception>
    public static ProviderKey? Check(TokenSession session, KeyPair pair, KeySpec spec)
    {
        foreach (var (name, type, value, needed) in Promises)
        {
            var actual = KeyObjects.TryReadFlag(session, pair.PrivateKeys[0], type);
            if (actual is null ? needed : actual != value)
            {
                throw new KeyServiceException(
                    KeyServiceError.ProviderRejected, $"The token does not keep the private key as it must: {name} is not {(value ? "true" : "false")}.");
            }
        }

        var key = KeyPairs.Open(session, pair.Handle);
        if (key.SignatureLength(spec.Algorithm) is var length && length != spec.Algorithm.SignatureLength(spec.ModulusBits))
            throw new KeyServiceException(KeyServiceError.ProviderRejected, "The label holds a key of another type or length than was asked for.");
        return KeyPairs.ReadPublicKey(session, pair) is { } publicKey ? new ProviderKey(pair.Label, pair.Handle, publicKey) : null;
    }

    /// <summary>What the token says of a private key, promise by promise.</summary>
    public static IReadOnlyList<KeyEvidence> Evidence(TokenSession session, nuint privateKey) =>
    [
        .. Promises.Select(promise => KeyObjects.TryReadFlag(session, privateKey, promise.Type) is { } actual
            ? new KeyEvidence(promise.Name, actual ? "true" : "false", actual == promise.Value)
            : new KeyEvidence(promise.Name, "unknown", promise.Needed ? false : null)),
    ];

    private static KeyPair Generate(TokenSession session, string label, byte[] id, KeySpec spec)
    {
        var isRsa = spec.Algorithm.KeyType == "RSA";
        IReadOnlyList<byte[]?> curves = isRsa ? [null] : [.. Curves.Parameters(spec.Algorithm.Curve!)]; // only RSA has no curve
        CryptokiException? refusal = null;

        // Tokens differ in how they want a curve named, and some refuse attributes that only forbid further uses.
        foreach (var curve in curves)
        {
            foreach (var forbidOtherUses in (bool[])[true, false])
            {
                var answer = TryGenerate(session, label, id, spec, curve, forbidOtherUses, out var publicKey, out var privateKey);
                if (answer == CkReturn.Ok)
                    return new KeyPair(label, Convert.ToHexStringLower(id), [privateKey], [publicKey]);
                refusal = new CryptokiException("C_GenerateKeyPair", answer);
                if (ReturnTriage.For(answer) is not (Remedy.Refused or Remedy.NotSupported) || answer == CkReturn.MechanismInvalid)
                    throw refusal;
            }
        }

        throw refusal!; // both loops ran
    }

    private static unsafe CkReturn TryGenerate(
        TokenSession session, string label, byte[] id, KeySpec spec, byte[]? curve, bool forbidOtherUses, out nuint publicKey, out nuint privateKey)
    {
        using var publicTemplate = new ObjectTemplate()
            .Add(Ck.Attribute.Token, true) // both halves: recovery and drift checks need the public one
            .Add(Ck.Attribute.Private, false)
            .Add(Ck.Attribute.Verify, true)
            .Add(Ck.Attribute.Label, label)
            .Add(Ck.Attribute.Id, id);
        using var privateTemplate = new ObjectTemplate()
            .Add(Ck.Attribute.Token, true)
            .Add(Ck.Attribute.Private, true)
            .Add(Ck.Attribute.Sensitive, true)
            .Add(Ck.Attribute.Extractable, false)
            .Add(Ck.Attribute.Sign, true)
            .Add(Ck.Attribute.Label, label)
            .Add(Ck.Attribute.Id, id);

        if (curve is null)
            publicTemplate.Add(Ck.Attribute.ModulusBits, (nuint)spec.ModulusBits).Add(Ck.Attribute.PublicExponent, [1, 0, 1]);
        else
            publicTemplate.Add(Ck.Attribute.EcParams, curve);
        if (forbidOtherUses)
            privateTemplate.Add(Ck.Attribute.Decrypt, false).Add(Ck.Attribute.Unwrap, false); // for curves too: what is left out, SoftHSM allows
        if (forbidOtherUses && curve is not null)
            privateTemplate.Add(Ck.Attribute.Derive, false);

        var mechanism = new CkMechanism
        {
            Mechanism = spec.Algorithm.Scheme switch
            {
                SignatureScheme.Ecdsa => Ck.Mechanism.EcKeyPairGen,
                SignatureScheme.EdDsa => Ck.Mechanism.EcEdwardsKeyPairGen,
                _ => Ck.Mechanism.RsaPkcsKeyPairGen,
            },
        };
        fixed (nuint* publicTarget = &publicKey, privateTarget = &privateKey)
        {
            return session.Functions.GenerateKeyPair(
                session.Handle, &mechanism,
                publicTemplate.Attributes, (nuint)publicTemplate.Count,
                privateTemplate.Attributes, (nuint)privateTemplate.Count,
                publicTarget, privateTarget);
        }
    }
}
