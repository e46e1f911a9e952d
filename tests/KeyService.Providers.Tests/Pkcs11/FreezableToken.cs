using KeyService.Providers.Pkcs11;
using KeyService.Testing;

namespace KeyService.Providers.Tests.Pkcs11;

/// <summary>One token for the tests of one class, whose signatures can be held up.</summary>
public sealed class FreezableToken(SoftHsmFixture softHsm) : IAsyncLifetime
{
    private FaultyModule? _module;
    private SoftHsmToken? _token;

    public async ValueTask InitializeAsync()
    {
        _module = await FaultyModule.CreateAsync(softHsm);
        _token = await _module.SoftHsm.AddTokenAsync("conformance", CancellationToken.None);
    }

    public Pkcs11KeyProvider NewProvider() => TestProviders.On(_module!.Path, _token!); // set by InitializeAsync, which xUnit awaits

    public IDisposable Freeze()
    {
        _module!.Freeze(FaultyModule.Function.Sign, 100); // as before
        return new Thaw(_module);
    }

    public ValueTask DisposeAsync()
    {
        _module?.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class Thaw(FaultyModule module) : IDisposable
    {
        public void Dispose() => module.Release(FaultyModule.Function.Sign);
    }
}
