using KeyService.Core.Providers;

namespace KeyService.Providers.Tests.Azure;

public sealed class KeyVaultConformanceTests(KeyVaultFixture vault) : KeyProviderConformance, IClassFixture<KeyVaultFixture>
{
    protected override bool Disables => true;

    protected override KeyHandle UnknownHandle => new($"{vault.Server.Url}keys/unknown/00112233445566778899aabbccddeeff");

    protected override Task<IKeyProvider> CreateProviderAsync() => Task.FromResult<IKeyProvider>(vault.NewProvider());

    protected override IDisposable Freeze() => vault.Freeze();
}
