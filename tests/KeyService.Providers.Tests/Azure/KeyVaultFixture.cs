using KeyService.Providers.Azure;
using KeyService.Testing.Azure;

namespace KeyService.Providers.Tests.Azure;

/// <summary>One vault for the tests of one class.</summary>
public class KeyVaultFixture : IAsyncLifetime
{
    private readonly HurryingClock _clock = new();
    private KeyVaultServer? _server;

    protected virtual KeyVaultSettings Settings => new();

    protected virtual bool HardwareKeys => false;

    public KeyVaultServer Server => _server ?? throw new InvalidOperationException("Not initialized.");

    public async ValueTask InitializeAsync() => _server = await KeyVaultServer.StartAsync(Settings, _clock);

    public AzureKeyVaultKeyProvider NewProvider() => TestVaults.Provider(Server, _clock, options =>
    {
        options.TokenResource = new Uri(Settings.Resource);
        options.HardwareKeys = HardwareKeys;
    });

    public IDisposable Freeze()
    {
        Server.Faults.Add(new VaultFault { Delay = TimeSpan.FromMinutes(5) });
        return new Thaw(Server.Faults);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private sealed class Thaw(VaultFaults faults) : IDisposable
    {
        public void Dispose() => faults.Clear();
    }
}
