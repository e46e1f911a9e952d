using System.Buffers.Text;
using KeyService.Core.Keys;
using KeyService.Core.Recovery;
using KeyService.Core.Signing;
using KeyService.Core.Storage;
using KeyService.Server.Configuration;

namespace KeyService.Server.Recovery;

/// <summary>Where signers and policy of a key set come from, which no provider tells: the store, the settings, or the defaults.</summary>
internal sealed class RecordSource(IKeySetStore store, ServerSettings settings)
{
    /// <returns>No record where nobody describes the key set and the defaults are not to be assumed.</returns>
    public async Task<(KeySet? Record, string Basis)> FindAsync(
        string name, IReadOnlyCollection<FoundKey> found, RecoveryRequest request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(name, cancellationToken) is { } present)
            return (present, $"Known: signers and policy, since the store has a record of it: {Describe(present)}. Only keys that it lacks are added.");
        if (settings.KeySets.FirstOrDefault(set => set.Name == name) is { } described)
            return (described, $"Assumed: signers and policy are those of KeySets:{name} in the settings: {Describe(described)}.");
        if (!request.AssumeDefaults)
            return (null, $"Nobody tells its signers and its policy: add KeySets:{name} to the settings, with the longest token life that it ever allowed, or say --assume-defaults.");

        var guess = Guess(name, found, request.Jwks.GetValueOrDefault(name), now);
        return (guess, $"Assumed: everything but the keys, by the defaults: {Describe(guess)}.");
    }

    private static KeySet Guess(string name, IReadOnlyCollection<FoundKey> found, IReadOnlyList<(string Kid, string Algorithm)>? jwks, DateTimeOffset now) => new()
    {
        Name = name,
        Created = now,
        Policy = KeySetRules.Defaults,
        LegacyEdDsaName = jwks?.Any(key => key.Algorithm == SigningAlgorithm.EdDsa.Name) ?? false,
        Signers = [.. found.Where(key => key.PublicKey is not null).Select(key => SignerOf(key, key.PublicKey!, jwks)).OfType<Signer>().DistinctBy(signer => (signer.Algorithm, signer.Provider))],
    };

    /// <summary>By the JWKS where it holds the key, else RS256 for RSA; every other kind of key has one algorithm.</summary>
    private static Signer? SignerOf(FoundKey found, Jwk key, IReadOnlyList<(string Kid, string Algorithm)>? jwks)
    {
        var named = jwks?.FirstOrDefault(entry => entry.Kid == found.Kid).Algorithm;
        var algorithm = SigningAlgorithm.TryParse(named, out var told)
            ? told
            : key.KeyType == "RSA" ? SigningAlgorithm.RS256 : SigningAlgorithm.All.FirstOrDefault(key.Fits);
        return algorithm is null ? null : new Signer(algorithm, found.Provider, key.Modulus is { } modulus ? 8 * Base64Url.DecodeFromChars(modulus).Length : 0);
    }

    private static string Describe(KeySet set) =>
        $"{string.Join(", ", set.Signers.Select(signer => $"{signer.Algorithm} in {signer.Provider}"))}; propagation {DurationText.Format(set.Policy.Propagation)}, longest token life {DurationText.Format(set.Policy.MaxTokenLifetime)}";
}
