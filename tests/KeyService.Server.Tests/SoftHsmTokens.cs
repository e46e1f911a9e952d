using KeyService.Testing;

[assembly: AssemblyFixture(typeof(KeyService.Server.Tests.SoftHsmTokens))]

namespace KeyService.Server.Tests;

/// <summary>The one SoftHSM of this test process, with one token that every server of the tests signs with.</summary>
public sealed class SoftHsmTokens : IAsyncLifetime
{
    private SoftHsm? _softHsm;
    private SoftHsmToken? _token;

    public SoftHsm SoftHsm => _softHsm ?? throw new InvalidOperationException("Not initialized.");

    public SoftHsmToken Token => _token ?? throw new InvalidOperationException("Not initialized.");

    public async ValueTask InitializeAsync()
    {
        _softHsm = SoftHsm.Create();
        SoftHsm.UseInThisProcess(_softHsm.Folder);
        _token = await _softHsm.AddTokenAsync("server-tests", CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        _softHsm?.Dispose();
        return ValueTask.CompletedTask;
    }
}
