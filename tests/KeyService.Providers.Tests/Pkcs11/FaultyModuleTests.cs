using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Providers.Pkcs11;
using KeyService.Testing;

namespace KeyService.Providers.Tests.Pkcs11;

/// <summary>A token of its own behind a faulty module of its own, for one test.</summary>
[Collection(nameof(OneModuleAtATime))]
public abstract class FaultyModuleTests(SoftHsmFixture softHsm) : IAsyncLifetime
{
    private readonly List<Pkcs11KeyProvider> _providers = [];
    private FaultyModule? _module;
    private SoftHsmToken? _token;

    private protected FaultyModule Module => _module!; // set by InitializeAsync, which xUnit awaits

    /// <summary>The module as it is installed, which other tests use at the same time.</summary>
    protected SoftHsmFixture Shared => softHsm;

    protected SoftHsmToken Token => _token!; // as before

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _module = await FaultyModule.CreateAsync(softHsm);
        _token = await _module.SoftHsm.AddTokenAsync("token", Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var function in Enum.GetValues<FaultyModule.Function>())
        {
            Module.Release(function);
            Module.Heal(function);
        }

        foreach (var provider in _providers)
            await provider.DisposeAsync();
        _module?.Dispose();
        GC.SuppressFinalize(this);
    }

    protected Pkcs11KeyProvider NewProvider(Action<Pkcs11Options>? change = null, TimeProvider? time = null)
    {
        var provider = TestProviders.On(Module.Path, Token, change, time);
        _providers.Add(provider);
        return provider;
    }

    protected async Task<(Pkcs11KeyProvider Provider, ProviderKey Key)> ProviderWithKeyAsync(
        Action<Pkcs11Options>? change = null, TimeProvider? time = null)
    {
        var provider = NewProvider(change, time);
        var key = await provider.CreateEs256Async("key", Cancellation);
        await provider.SignEs256Async(key, Cancellation); // sessions are open and the key is found
        return (provider, key);
    }

    protected static async Task<KeyServiceException> FailureAsync(Func<Task> call) => await Assert.ThrowsAsync<KeyServiceException>(call);

    /// <summary>Waits for a recovery whose pace is the provider's: asks until the check passes, for at most 20 s.</summary>
    protected static async Task EventuallyReadyAsync(Pkcs11KeyProvider provider)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            try
            {
                await provider.CheckAsync(limit.Token);
                return;
            }
            catch (KeyServiceException)
            {
                await Task.Delay(20, limit.Token);
            }
        }
    }
}
