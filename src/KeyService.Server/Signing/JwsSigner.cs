using KeyService.Core;
using KeyService.Core.Rotation;
using KeyService.Core.Signing;
using KeyService.Server.Catalog;

namespace KeyService.Server.Signing;

/// <summary>Signs with the active key of a key set: from the catalog's memory straight to the provider.</summary>
internal sealed class JwsSigner(KeySetCatalog catalog, TimeProvider time)
{
    /// <summary>Signs a message, or a digest of one.</summary>
    /// <param name="algorithm">May be null where the set offers one algorithm only.</param>
    /// <param name="kid">Pins the key; null for whichever is active.</param>
    /// <exception cref="KeyServiceException">KeySetNotFound, AlgorithmNotOffered, InvalidArgument, KidNotActive, NoActiveKey, or as the provider answers.</exception>
    public async ValueTask<SignedBytes> SignAsync(
        string keySet, SignerInput input, SigningAlgorithm? algorithm, string? kid, CancellationToken cancellationToken)
    {
        var choice = SigningChoice.Make(catalog.Get(keySet), algorithm, kid, time.GetUtcNow());
        var bytes = input.For(choice.Algorithm);
        while (true)
        {
            var key = choice.Next();
            try
            {
                return new SignedBytes(await SignAsync(key, bytes, "message", cancellationToken), key); // a digest's length was checked
            }
            catch (KeyServiceException e) when (e.Error == KeyServiceError.ProviderUnavailable && choice.HasMore)
            {
                // The same algorithm has another home: that is what it is there for. The last failure flies.
            }
        }
    }

    /// <summary>Signs claims as a JWT, byte by byte as they are.</summary>
    /// <param name="type">The <c>typ</c> header.</param>
    /// <exception cref="KeyServiceException">As <see cref="SignAsync(string, SignerInput, SigningAlgorithm?, string?, CancellationToken)"/>; ClaimsRejected where the set does not allow the claims.</exception>
    public async ValueTask<SignedJwt> SignJwtAsync(
        string keySet, ReadOnlyMemory<byte> claimsJson, string type, SigningAlgorithm? algorithm, string? kid, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var snapshot = catalog.Get(keySet);
        var set = snapshot.KeySet;
        var choice = SigningChoice.Make(snapshot, algorithm, kid, now);
        var claims = Claims.Read(claimsJson.Span);
        if (set.Issuer is not null && claims.Issuer is not null && claims.Issuer != set.Issuer)
            throw new KeyServiceException(KeyServiceError.ClaimsRejected, $"The claim iss must be the issuer of key set '{keySet}', {set.Issuer}.") { Field = "claims_json.iss" };
        while (true)
        {
            var key = choice.Next();
            claims.CheckLifetime(now, KeyTimeline.LatestExpiry(key.Key.Dates, set.Policy, now));
            var header = type == JwsHeader.DefaultType ? key.JwtHeader : new JwsHeader(key.Published, key.Key.Kid, type);
            var signingInput = CompactJws.SigningInput(header, claimsJson.Span);
            try
            {
                var bytes = new SignerInput(signingInput, IsDigest: false).For(choice.Algorithm);
                var signature = await SignAsync(key, bytes, "claims_json", cancellationToken);
                return new SignedJwt(CompactJws.Assemble(signingInput, signature), key);
            }
            catch (KeyServiceException e) when (e.Error == KeyServiceError.ProviderUnavailable && choice.HasMore)
            {
                // As above; the header names the key, so it is written anew.
            }
        }
    }

    /// <param name="field">Where the input came from, should it be too long.</param>
    private static ValueTask<byte[]> SignAsync(SigningKey key, ReadOnlyMemory<byte> input, string field, CancellationToken cancellationToken)
    {
        var provider = key.Provider!; // SigningChoice offers only keys whose provider is there
        var algorithm = key.Key.Algorithm;
        if (input.Length > provider.LargestInput(algorithm))
            throw KeyServiceException.Invalid(field, $"{algorithm} in provider '{provider.Name}' signs at most {provider.LargestInput(algorithm)} bytes, not {input.Length}.");
        return provider.SignAsync(key.Key.Handle, algorithm, input, cancellationToken);
    }
}
