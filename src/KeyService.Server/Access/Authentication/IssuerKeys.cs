using KeyService.Core;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace KeyService.Server.Access.Authentication;

/// <summary>Fetches the keys of an issuer, and knows whether the last try failed.</summary>
internal sealed class IssuerKeys(string issuer, IConfigurationRetriever<OpenIdConnectConfiguration> source, ILogger logger) : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    private volatile bool _away;

    /// <summary>True while the keys cannot be fetched. Those that were had before are used nevertheless.</summary>
    public bool AreAway => _away;

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        try
        {
            var keys = await source.GetConfigurationAsync(address, retriever, cancel);
            if (_away)
                Log.IssuerBack(logger, issuer);
            _away = false;
            return keys;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested) // whatever it is, there are no keys
        {
            if (!_away)
                Log.IssuerAway(logger, e, issuer);
            _away = true;
            throw;
        }
    }

    /// <summary>What a caller is told whose token would have to be verified with them. The same for a right token and a forged one: nobody can tell.</summary>
    public static KeyServiceException Unavailable() =>
        new(KeyServiceError.IssuerUnavailable, "The keys of the token's issuer cannot be fetched now, so the token can be neither taken nor refused.");
}
