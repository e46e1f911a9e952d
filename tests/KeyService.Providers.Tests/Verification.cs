using System.Globalization;
using System.Security.Cryptography;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Testing;

namespace KeyService.Providers.Tests;

/// <summary>Verifies signatures by code that is not ours: .NET's, and openssl's for Ed25519, which .NET lacks.</summary>
internal static class Verification
{
    /// <summary>True where all signatures are valid over their messages.</summary>
    public static async Task<bool> VerifyMessagesAsync(
        SigningAlgorithm algorithm, ReadOnlyMemory<byte> publicKey, IReadOnlyList<(byte[] Message, byte[] Signature)> signed, CancellationToken cancellationToken)
    {
        switch (algorithm.Scheme)
        {
            case SignatureScheme.Ecdsa:
                using (var ecdsa = ECDsa.Create())
                {
                    ecdsa.ImportSubjectPublicKeyInfo(publicKey.Span, out _);
                    return signed.All(pair => ecdsa.VerifyData(pair.Message, pair.Signature, algorithm.Hash!.Value, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)); // ES* have a hash
                }

            case SignatureScheme.EdDsa when signed.Any(static pair => pair.Message.Length == 0):
                // The tool reads no empty file. OpenSSL's library, through ours, takes that one.
                using (var verifier = PublicKeyVerifier.Create(Jwk.FromSubjectPublicKeyInfo(publicKey.Span), algorithm))
                {
                    return signed.Where(static pair => pair.Message.Length == 0).All(pair => verifier.Verify([], pair.Signature) == SignatureVerdict.Valid)
                        && await VerifyEd25519Async(publicKey, [.. signed.Where(static pair => pair.Message.Length > 0)], cancellationToken);
                }

            case SignatureScheme.EdDsa:
                return await VerifyEd25519Async(publicKey, signed, cancellationToken);
            case SignatureScheme.MlDsa:
                using (var mlDsa = MLDsa.ImportMLDsaPublicKey(MlDsaParameters(algorithm), publicKey.Span[^algorithm.PublicKeyLength..]))
                    return signed.All(pair => mlDsa.VerifyData(pair.Message, pair.Signature));
            default:
                using (var rsa = RSA.Create())
                {
                    rsa.ImportSubjectPublicKeyInfo(publicKey.Span, out _);
                    var padding = algorithm.Scheme == SignatureScheme.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
                    return signed.All(pair => rsa.VerifyData(pair.Message, pair.Signature, algorithm.Hash!.Value, padding)); // RSA algorithms have one
                }
        }
    }

    /// <summary>Verifies all in one call of a shell, since a process each would take most of the time.</summary>
    private static async Task<bool> VerifyEd25519Async(
        ReadOnlyMemory<byte> publicKey, IReadOnlyList<(byte[] Message, byte[] Signature)> signed, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("keyservice-ed25519-");
        try
        {
            await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "key"), publicKey.ToArray(), cancellationToken);
            for (var i = 0; i < signed.Count; i++)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder.FullName, $"m{i}"), signed[i].Message, cancellationToken);
                await File.WriteAllBytesAsync(Path.Combine(folder.FullName, $"s{i}"), signed[i].Signature, cancellationToken);
            }

            const string Script =
                "i=0; while [ $i -lt $1 ]; do openssl pkeyutl -verify -pubin -inkey key -keyform DER -rawin -in m$i -sigfile s$i || exit 1; i=$((i+1)); done";
            var result = await ProcessRun.RunAsync(
                "sh", ["-c", Script, "sh", signed.Count.ToString(CultureInfo.InvariantCulture)], TimeSpan.FromSeconds(30),
                folder.FullName, cancellationToken: cancellationToken);
            return result.ExitCode == 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static MLDsaAlgorithm MlDsaParameters(SigningAlgorithm algorithm) => algorithm.PublicKeyLength switch
    {
        1312 => MLDsaAlgorithm.MLDsa44,
        1952 => MLDsaAlgorithm.MLDsa65,
        _ => MLDsaAlgorithm.MLDsa87,
    };
}
