using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Server.Catalog;
using KeyService.Server.Guard;
using KeyService.Server.Signing;

namespace KeyService.Server.Rotation;

/// <summary>Has the provider make the key of an intent, and proves that the published half verifies what the private half signs.</summary>
internal sealed class KeyMaker(KeyProviders providers, ILogger<KeyMaker> logger)
{
    /// <summary>Makes the key, or finds it where an earlier attempt was cut off. Its dates are still to be planned.</summary>
    /// <exception cref="KeyServiceException">As the provider answers; AlgorithmNotSupported where the probe does not verify.</exception>
    public async Task<Key> MakeAsync(KeySet keySet, KeyIntent intent, KeySpec spec, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var provider = providers.Get(intent.Provider);
        if (provider.LargestInput(spec.Algorithm) == 0)
            throw NotSupported(provider, spec.Algorithm, "does not offer it");

        var label = intent.Label(keySet.Name);
        Log.Creating(logger, label, spec.Algorithm, provider.Name);
        var made = await provider.CreateKeyAsync(label, spec, cancellationToken);
        var publicKey = Jwk.FromSubjectPublicKeyInfo(made.SubjectPublicKeyInfo.Span);
        var kid = publicKey.Thumbprint();
        var key = new Key
        {
            Kid = kid,
            Algorithm = spec.Algorithm,
            Provider = provider.Name,
            Handle = made.Handle,
            Label = label,
            PublicKey = publicKey,
            Dates = new KeyDates { Created = now, Published = now, Activates = now },
        };
        await ProveAsync(keySet.Name, key, cancellationToken);
        Log.Created(logger, kid, keySet.Name, spec.Algorithm, provider.Name);
        return key;
    }

    /// <summary>Has a key sign, and verifies that with its public half.</summary>
    /// <exception cref="KeyServiceException">As the provider answers; AlgorithmNotSupported where the signature does not verify.</exception>
    public async Task ProveAsync(string keySet, Key key, CancellationToken cancellationToken)
    {
        // A message, as callers send it: where a provider hashes by itself, that is what must be proven.
        var provider = providers.Get(key.Provider);
        var probe = RandomNumberGenerator.GetBytes(32);
        var unverified = new GuardedKey(provider.Name, key.Handle, key.Algorithm, publicKey: null); // a bad signature is final here, where the guard would try again
        var signature = await provider.SignAsync(
            new SignAttempt(keySet, unverified, new SignerInput(probe, IsDigest: false), SignAttempt.Patience, HasOtherHome: false), cancellationToken);
        using var verifier = PublicKeyVerifier.Create(key.PublicKey, key.Algorithm);
        if (verifier.VerifyMessage(probe, signature) is var verdict && verdict != SignatureVerdict.Valid)
            throw NotSupported(provider, key.Algorithm, verdict == SignatureVerdict.Invalid
                ? "made a signature that does not verify with its public key"
                : "signs, but this machine has nothing to verify its signatures with");
    }

    /// <summary>Destroys whatever the provider holds under the label of an intent that became no key.</summary>
    public async Task DiscardAsync(string keySet, KeyIntent intent, CancellationToken cancellationToken)
    {
        if (providers.Find(intent.Provider) is not { } provider)
            return; // the settings no longer name the provider: nothing of it can be reached from here
        foreach (var key in await provider.FindKeysAsync(intent.Label(keySet), cancellationToken))
        {
            Log.Discarding(logger, key.Label, provider.Name);
            await provider.DestroyKeyAsync(key.Handle, cancellationToken);
        }
    }

    private static KeyServiceException NotSupported(GuardedKeyProvider provider, SigningAlgorithm algorithm, string why) =>
        new(KeyServiceError.AlgorithmNotSupported, $"Provider '{provider.Name}' cannot sign {algorithm}: it {why}.") { Field = "spec.signers" };
}
