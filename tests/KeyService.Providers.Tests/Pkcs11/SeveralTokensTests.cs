using KeyService.Core;
using KeyService.Providers.Pkcs11.Cryptoki;
using static KeyService.Providers.Tests.Pkcs11.FaultyModule;

namespace KeyService.Providers.Tests.Pkcs11;

public sealed class SeveralTokensTests(SoftHsmFixture softHsm) : FaultyModuleTests(softHsm)
{
    [Fact]
    public async Task Two_tokens_of_one_module_sign_each_with_its_own_keys_and_survive_its_restart_together()
    {
        var otherToken = await Module.SoftHsm.AddTokenAsync("other", Cancellation);
        var (first, firstKey) = await ProviderWithKeyAsync();
        await using var second = TestProviders.On(Module.Path, otherToken);
        var secondKey = await second.CreateEs256Async("several/one-module", Cancellation);
        Assert.Equal(1, Module.Calls(Function.Initialize));
        Assert.Equal(KeyServiceError.KeyNotFound, (await FailureAsync(() => first.SignEs256Async(secondKey, Cancellation))).Error);

        Module.Fail(Function.Sign, CkReturn.CryptokiNotInitialized); // met by the first: a restart for both
        Assert.Equal(64, (await first.SignEs256Async(firstKey, Cancellation)).Length);
        Assert.Equal(64, (await second.SignEs256Async(secondKey, Cancellation)).Length);
        Assert.Equal(2, Module.Calls(Function.Initialize));
        await first.CheckAsync(Cancellation);
        await second.CheckAsync(Cancellation);
    }

    [Fact]
    public async Task Two_modules_work_side_by_side_and_one_restarts_without_the_other()
    {
        using var other = await CreateAsync(Shared);
        var otherToken = await other.SoftHsm.AddTokenAsync("other", Cancellation);
        var (first, firstKey) = await ProviderWithKeyAsync();
        await using var second = TestProviders.On(other.Path, otherToken);
        var secondKey = await second.CreateEs256Async("several/two-modules", Cancellation);

        Module.Fail(Function.Sign, CkReturn.DeviceRemoved);
        Assert.Equal(64, (await first.SignEs256Async(firstKey, Cancellation)).Length);
        Assert.Equal(64, (await second.SignEs256Async(secondKey, Cancellation)).Length);
        Assert.Equal((2, 1), (Module.Calls(Function.Initialize), other.Calls(Function.Initialize)));
    }

    [Fact]
    public async Task A_token_that_is_missing_does_not_disturb_the_other_of_its_module()
    {
        var (working, key) = await ProviderWithKeyAsync();
        await using var missing = TestProviders.On(Module.Path, Token with { Label = "nowhere" });
        for (var i = 0; i < 5; i++)
            Assert.Equal(KeyServiceError.ProviderUnavailable, (await FailureAsync(() => missing.CheckAsync(Cancellation))).Error);
        Assert.Equal(64, (await working.SignEs256Async(key, Cancellation)).Length);
        Assert.Equal(1, Module.Calls(Function.Initialize));
    }

    [Fact]
    public async Task Two_providers_share_one_token()
    {
        var (first, key) = await ProviderWithKeyAsync();
        var second = NewProvider();
        Assert.Equal(64, (await second.SignEs256Async(key, Cancellation)).Length);
        await first.DestroyKeyAsync(key.Handle, Cancellation);
        Assert.Equal(KeyServiceError.KeyNotFound, (await FailureAsync(() => second.SignEs256Async(key, Cancellation))).Error);
    }

    [Fact]
    public async Task A_module_that_is_not_there_is_a_configuration_error()
    {
        await using var provider = TestProviders.On("/nowhere/module.so", Token);
        Assert.Equal(KeyServiceError.ProviderRejected, (await FailureAsync(() => provider.CheckAsync(Cancellation))).Error);
    }
}
