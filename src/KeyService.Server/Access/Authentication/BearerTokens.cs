using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using System.Text.Json;
using KeyService.Server.Configuration;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Server.Access.Authentication;

/// <summary>How the bearer tokens of one issuer are checked.</summary>
internal static class BearerTokens
{
    private const string Prefix = "Bearer ";
    private static readonly TimeSpan KeysAreGoodFor = TimeSpan.FromMinutes(5);

    /// <summary>Asymmetric only: a shared secret here would let this service forge its callers.</summary>
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public static string SchemeOf(string issuer) => $"Bearer {issuer}";

    /// <summary>What the token, still unproven, says of its issuer: enough to know who is to be asked.</summary>
    public static string? IssuerOf(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return new JsonWebToken(TextOf(authorization)).Issuer;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or JsonException) // malformed in whatever way
        {
            return null;
        }
    }

    public static void Configure(JwtBearerOptions options, JwtIssuerSettings issuer, ILogger logger)
    {
        var keys = new IssuerKeys(issuer.Issuer, issuer.MetadataAddress is null ? new JwksRetriever() : new OpenIdConnectConfigurationRetriever(), logger);
        options.MapInboundClaims = false;
        options.SaveToken = false;
        options.IncludeErrorDetails = false;
        options.ConfigurationManager = KeysOf(issuer, keys);
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudiences = issuer.Audiences,
            ValidAlgorithms = Algorithms,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = issuer.ClockSkew,
        };
        options.Events = new JwtBearerEvents
        {
            OnAuthenticationFailed = async context =>
            {
                if (keys.AreAway && context.Exception is SecurityTokenSignatureKeyNotFoundException
                    && await IsRightButForItsSignatureAsync(context.HttpContext, context.Options.TokenValidationParameters))
                    context.HttpContext.Features.Set(IssuerKeys.Unavailable());
            },
            OnTokenValidated = context =>
            {
                var token = (JsonWebToken)context.SecurityToken; // JwtBearer validates with JsonWebTokenHandler
                var caller = CallerOf(token) with { Expires = token.ValidTo + issuer.ClockSkew };
                if (issuer.RequiredClaims.All(caller.Has))
                    context.Principal = new ClaimsPrincipal(new CallerIdentity(caller));
                else
                    context.Fail("A claim that the settings require is missing or different.");
                return Task.CompletedTask;
            },
        };
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The keys are fetched for as long as the process lives.")]
    private static ConfigurationManager<OpenIdConnectConfiguration> KeysOf(JwtIssuerSettings issuer, IssuerKeys keys) => new(
        issuer.MetadataAddress ?? issuer.JwksUri ?? issuer.JwksFile!, // the settings have one of the three
        keys, new IssuerDocuments(issuer))
    {
        AutomaticRefreshInterval = KeysAreGoodFor,
        RefreshInterval = issuer.RefreshInterval,
    };

    /// <summary>Only tells a token that may be right once the keys are there from one that cannot: it lets nobody in.</summary>
    private static async Task<bool> IsRightButForItsSignatureAsync(HttpContext http, TokenValidationParameters rules)
    {
        var unsigned = rules.Clone();
        unsigned.SignatureValidator = static (token, _) => new JsonWebToken(token);
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(TextOf(http.Request.Headers.Authorization[0]!), unsigned); // its issuer was read from it
        return result.IsValid && Algorithms.Contains(((JsonWebToken)result.SecurityToken).Alg, StringComparer.Ordinal);
    }

    private static string TextOf(string authorization) => authorization[Prefix.Length..].Trim();

    private static Caller CallerOf(JsonWebToken token)
    {
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload));
        var read = TokenClaims.Read(claims.RootElement);
        return Caller.Jwt(token.Issuer, read.GetValueOrDefault("sub") is [var subject, ..] ? subject : null, read);
    }
}
