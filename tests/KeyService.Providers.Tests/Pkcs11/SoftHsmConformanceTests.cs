using KeyService.Core.Providers;

namespace KeyService.Providers.Tests.Pkcs11;

[Collection(nameof(OneModuleAtATime))]
public sealed class SoftHsmConformanceTests(SoftHsmFixture softHsm) : KeyProviderConformance
{
    protected override KeyHandle UnknownHandle => new("00112233445566778899aabbccddeeff");

    protected override Task<IKeyProvider> CreateProviderAsync() =>
        Task.FromResult<IKeyProvider>(TestProviders.On(softHsm.Module, softHsm.Conformance));
}
