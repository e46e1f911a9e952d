using KeyService.Providers.Azure.Authentication;

namespace KeyService.Providers.Tests.Azure;

public sealed class ChallengeTests
{
    [Theory]
    [InlineData("Bearer authorization=\"https://login.windows.net/tenant\", resource=\"https://vault.azure.net\"", "https://vault.azure.net/.default", "tenant", null)]
    [InlineData("Bearer authorization_uri=\"https://login.windows.net/tenant/\" scope=\"https://vault.azure.net/.default\"", "https://vault.azure.net/.default", "tenant", null)]
    [InlineData("PoP a=\"b\", Bearer resource=\"https://managedhsm.azure.net/\"", "https://managedhsm.azure.net/.default", null, null)]
    [InlineData("Bearer resource=\"https://vault.azure.net\", error=\"insufficient_claims\", claims=\"e30=\"", "https://vault.azure.net/.default", null, "e30=")]
    public void A_challenge_is_read(string header, string scope, string? tenant, string? claims) =>
        Assert.Equal(new BearerChallenge(scope, tenant, claims), BearerChallenge.Parse(header));

    [Theory]
    [InlineData("")]
    [InlineData("Basic realm=\"x\"")]
    [InlineData("Bearer authorization=\"https://login.windows.net/tenant\"")]
    [InlineData("Bearer resource=\"\"")]
    public void What_names_no_resource_is_no_challenge(string header) => Assert.Null(BearerChallenge.Parse(header));

    [Theory]
    [InlineData("https://my.vault.azure.net", "https://vault.azure.net/.default", true)]
    [InlineData("https://MY.VAULT.AZURE.NET", "https://vault.azure.net/.default", true)]
    [InlineData("https://my.vault.azure.cn", "https://vault.azure.cn/.default", true)]
    [InlineData("https://my.managedhsm.azure.net", "https://managedhsm.azure.net/.default", true)]
    [InlineData("https://my.vault.azure.net", "https://storage.azure.com/.default", false)]
    [InlineData("https://my.vault.azure.net", "https://graph.microsoft.com/.default", false)]
    [InlineData("https://vault.azure.net", "https://vault.azure.net/.default", false)] // the domain itself is no vault
    [InlineData("https://evilvault.azure.net", "https://vault.azure.net/.default", false)] // the dot counts
    [InlineData("https://my.vault.azure.net.evil.example", "https://vault.azure.net/.default", false)]
    [InlineData("https://127.0.0.1", "https://vault.azure.net/.default", false)]
    [InlineData("https://my.vault.azure.net", "http://vault.azure.net/.default", false)]
    [InlineData("https://my.vault.azure.net", "vault", false)]
    public void A_token_is_only_for_the_domain_in_which_the_vault_lies(string vault, string scope, bool expected) =>
        Assert.Equal(expected, new BearerChallenge(scope, null, null).MayBeAnswered(new Uri(vault), pinned: null));

    [Theory]
    [InlineData("https://vault.azure.net", "https://vault.azure.net/.default", true)]
    [InlineData("https://vault.azure.net/", "https://vault.azure.net/.default", true)]
    [InlineData("https://vault.azure.net", "https://storage.azure.com/.default", false)]
    [InlineData("https://vault.azure.net", "https://vault.azure.net.evil.example/.default", false)]
    public void A_pinned_resource_is_the_only_one(string pinned, string scope, bool expected) =>
        Assert.Equal(expected, new BearerChallenge(scope, null, null).MayBeAnswered(new Uri("https://127.0.0.1"), new Uri(pinned)));
}
