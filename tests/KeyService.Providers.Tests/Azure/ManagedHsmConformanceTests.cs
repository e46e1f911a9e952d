using KeyService.Core.Providers;

namespace KeyService.Providers.Tests.Azure;

public sealed class ManagedHsmConformanceTests(ManagedHsmFixture hsm) : KeyProviderConformance, IClassFixture<ManagedHsmFixture>
{
    protected override bool Disables => true;

    protected override KeyHandle UnknownHandle => new($"{hsm.Server.Url}keys/unknown/00112233445566778899aabbccddeeff");

    protected override Task<IKeyProvider> CreateProviderAsync() => Task.FromResult<IKeyProvider>(hsm.NewProvider());

    protected override IDisposable Freeze() => hsm.Freeze();
}
