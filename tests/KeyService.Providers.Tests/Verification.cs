using System.Globalization;
using System.Security.Cryptography;
using KeyService.Core.Signing;
using KeyService.Testing;

namespace KeyService.Providers.Tests;

/// <summary>Verifies signatures by code that is not ours: .NET's, and openssl's for Ed25519, which .NET lacks.</summary>
internal static class Verification
{
    public static bool Verify(SigningAlgorithm algorithm, ReadOnlyMemory<byte> publicKey, byte[] digest, byte[] signature)
    {
        if (algorithm.KeyType == "RSA")
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(publicKey.Span, out _);
            return rsa.VerifyHash(
                digest, signature, algorithm.Hash!.Value, // RSA algorithms have one
                algorithm.Scheme == SignatureScheme.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }

        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(publicKey.Span, out _);
        return signature.Length == algorithm.SignatureLength(0)
            && ecdsa.VerifyHash(digest, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>Verifies all in one call of a shell, since a process each would take most of the time.</summary>
    public static async Task<bool> VerifyEd25519Async(
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

    public static byte[] Digest(SigningAlgorithm algorithm, int seed)
    {
        var digest = new byte[algorithm.DigestLength];
        new Random(seed).NextBytes(digest);
        return digest;
    }
}
