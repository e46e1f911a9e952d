using KeyService.Core.Providers;

namespace KeyService.Providers.Tests.Pkcs11;

/// <summary>The token is SoftHSM's; the module before it only passes on, until a test has it hang.</summary>
[Collection(nameof(OneModuleAtATime))]
public sealed class SoftHsmConformanceTests(FreezableToken token) : KeyProviderConformance, IClassFixture<FreezableToken>
{
    protected override KeyHandle UnknownHandle => new("00112233445566778899aabbccddeeff");

    protected override Task<IKeyProvider> CreateProviderAsync() => Task.FromResult<IKeyProvider>(token.NewProvider());

    protected override IDisposable Freeze() => token.Freeze();
}
