using KeyService.Core.Providers;
using KeyService.Testing.Azure;

namespace KeyService.Providers.Tests.Azure;

public sealed class KeyVaultConformanceTests : KeyProviderConformance
{
    private readonly HurryingClock _clock = new();
    private KeyVaultServer? _server;

    protected override KeyHandle UnknownHandle => new($"{_server!.Url}keys/unknown/00112233445566778899aabbccddeeff"); // started before

    public override async ValueTask InitializeAsync()
    {
        _server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await base.InitializeAsync();
    }

    protected override Task<IKeyProvider> CreateProviderAsync() =>
        Task.FromResult<IKeyProvider>(TestVaults.Provider(_server!, _clock)); // as before
}
