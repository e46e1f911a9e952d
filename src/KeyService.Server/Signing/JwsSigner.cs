using System.Runtime.CompilerServices;
using KeyService.Core;
using KeyService.Core.Rotation;
using KeyService.Core.Signing;
using KeyService.Server.Catalog;
using KeyService.Server.Guard;

namespace KeyService.Server.Signing;

/// <summary>
/// Signs with the active key of a key set: from the catalog's memory straight to the provider. Where an algorithm has several
/// homes, the first healthy one signs, and the next ones stand in for it within the caller's time.
/// </summary>
internal sealed class JwsSigner(KeySetCatalog catalog, GuardMetrics metrics, TimeProvider time)
{
    /// <summary>Signs a message, or a digest of one.</summary>
    /// <param name="algorithm">May be null where the set offers one algorithm only.</param>
    /// <param name="kid">Pins the key; null for whichever is active.</param>
    /// <param name="timeLeft">Until the caller gives up.</param>
    /// <exception cref="KeyServiceException">KeySetNotFound, AlgorithmNotOffered, InvalidArgument, KidNotActive, NoActiveKey, or as the provider answers.</exception>
    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    public async ValueTask<SignedBytes> SignAsync(
        string keySet, SignerInput input, SigningAlgorithm? algorithm, string? kid, TimeSpan timeLeft, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var snapshot = catalog.GetFresh(keySet);
        var choice = SigningChoice.Make(snapshot, algorithm, kid, now);
        input.Check(choice.Algorithm);
        var homes = new HomeSearch(metrics, time, timeLeft);
        while (true)
        {
            var key = choice.Next();
            var otherHome = choice.HasMore;
            if (homes.Refuses(key, input, "message", otherHome)) // a digest's length was checked
                continue;
            key.Expiries.Note(KeyTimeline.LatestExpiry(key.Key.Dates, snapshot.KeySet.Policy, now)); // what is signed is not known here, but what it may be
            try
            {
                return new SignedBytes(await key.Provider!.SignAsync(homes.Attempt(keySet, key, input, otherHome), cancellationToken), key); // SigningChoice offers only keys whose provider is there
            }
            catch (KeyServiceException e) when (homes.GoOn(key, e, otherHome))
            {
                // That is what the other home is there for.
            }
        }
    }

    /// <summary>Signs claims as a JWT, byte by byte as they are.</summary>
    /// <param name="type">The <c>typ</c> header.</param>
    /// <param name="timeLeft">Until the caller gives up.</param>
    /// <exception cref="KeyServiceException">As <see cref="SignAsync"/>; ClaimsRejected where the set does not allow the claims.</exception>
    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    public async ValueTask<SignedJwt> SignJwtAsync(
        string keySet, ReadOnlyMemory<byte> claimsJson, string type, SigningAlgorithm? algorithm, string? kid, TimeSpan timeLeft, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var snapshot = catalog.GetFresh(keySet);
        var set = snapshot.KeySet;
        var choice = SigningChoice.Make(snapshot, algorithm, kid, now);
        var claims = Claims.Read(claimsJson.Span);
        if (set.Issuer is not null && claims.Issuer is not null && claims.Issuer != set.Issuer)
            throw new KeyServiceException(KeyServiceError.ClaimsRejected, $"The claim iss must be the issuer of key set '{keySet}', {set.Issuer}.") { Field = "claims_json.iss" };
        var homes = new HomeSearch(metrics, time, timeLeft);
        while (true)
        {
            var key = choice.Next();
            var otherHome = choice.HasMore;
            claims.CheckLifetime(now, KeyTimeline.LatestExpiry(key.Key.Dates, set.Policy, now));
            var header = type == JwsHeader.DefaultType ? key.JwtHeader : new JwsHeader(key.Published, key.Key.Kid, type); // it names the key, so each home has its own
            var signingInput = CompactJws.SigningInput(header, claimsJson.Span);
            var input = new SignerInput(signingInput, IsDigest: false);
            if (homes.Refuses(key, input, "claims_json", otherHome))
                continue;
            key.Expiries.Note(claims.ExpiresAt);
            try
            {
                var signature = await key.Provider!.SignAsync(homes.Attempt(keySet, key, input, otherHome), cancellationToken); // as above
                return new SignedJwt(CompactJws.Assemble(signingInput, signature), key);
            }
            catch (KeyServiceException e) when (homes.GoOn(key, e, otherHome))
            {
                // As above.
            }
        }
    }
}
