using Microsoft.AspNetCore.Authentication;

namespace KeyService.Server.Access.Authentication;

/// <summary>Schemes are set up by our own settings only, not by a section "Authentication" that nobody checks.</summary>
internal sealed class NoSchemeConfiguration : IAuthenticationConfigurationProvider
{
    public IConfiguration AuthenticationConfiguration { get; } = new ConfigurationBuilder().Build();
}
