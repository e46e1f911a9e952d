using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11.Cryptoki;
using static KeyService.Providers.Tests.Pkcs11.FaultyModule;

namespace KeyService.Providers.Tests.Pkcs11;

public sealed class RecoveryTests(SoftHsmFixture softHsm) : FaultyModuleTests(softHsm)
{
    [Fact]
    public async Task A_module_that_is_finalized_under_load_costs_no_signature()
    {
        var (provider, key) = await ProviderWithKeyAsync();
        for (var round = 0; round < 3; round++)
        {
            var load = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SignManyAsync(100), Cancellation)));
            Module.Fail(Function.Sign, CkReturn.CryptokiNotInitialized, skip: 200);
            await load;
        }

        Assert.Equal(4, Module.Calls(Function.Initialize));

        async Task SignManyAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var message = BitConverter.GetBytes(i);
                var signature = await provider.SignAsync(key.Handle, SigningAlgorithm.ES256, SHA256.HashData(message), Cancellation);
                Assert.True(await Verification.VerifyMessagesAsync(SigningAlgorithm.ES256, key.SubjectPublicKeyInfo, [(message, signature)], Cancellation));
            }
        }
    }

    [Fact]
    public async Task A_module_finalized_by_other_code_is_initialized_again()
    {
        var (provider, key) = await ProviderWithKeyAsync();
        Module.FinalizeBehindTheBack();
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Module.FinalizeBehindTheBack();
        await EventuallyReadyAsync(provider);
        Assert.Single(await provider.FindKeysAsync("key", Cancellation));
    }

    [Fact]
    public async Task A_token_that_is_away_fails_the_check_and_signs_again_once_it_is_back()
    {
        var (provider, key) = await ProviderWithKeyAsync();
        Module.HideSlots(true);
        Module.Fail(Function.Sign, CkReturn.DeviceRemoved);
        Assert.Equal(KeyServiceError.ProviderUnavailable, (await FailureAsync(() => provider.SignEs256Async(key, Cancellation))).Error);
        var check = await FailureAsync(() => provider.CheckAsync(Cancellation));
        Assert.Equal(KeyServiceError.ProviderUnavailable, check.Error);
        Assert.NotNull(check.RetryAfter);

        Module.HideSlots(false);
        await EventuallyReadyAsync(provider);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.False(provider.NeedsNewProcess);
    }

    [Fact]
    public async Task A_module_that_refuses_to_initialize_is_tried_until_it_does()
    {
        var (provider, key) = await ProviderWithKeyAsync();
        Module.Fail(Function.Initialize, CkReturn.GeneralError, times: 5);
        Module.Fail(Function.Sign, CkReturn.CryptokiNotInitialized);
        Assert.Equal(KeyServiceError.ProviderUnavailable, (await FailureAsync(() => provider.SignEs256Async(key, Cancellation))).Error);
        await EventuallyReadyAsync(provider);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.Equal(7, Module.Calls(Function.Initialize));
    }

    [Theory]
    [InlineData(nameof(Function.Login), 3)]
    [InlineData(nameof(Function.GetSlotList), 4)] // a good one is two calls: how many, and which
    [InlineData(nameof(Function.Initialize), 3)]
    public async Task A_passing_error_at_start_is_waited_out(string name, int calls)
    {
        var function = Enum.Parse<Function>(name);
        Module.Fail(function, CkReturn.GeneralError, times: 2);
        await NewProvider().CheckAsync(Cancellation);
        Assert.Equal(calls, Module.Calls(function));
    }

    [Fact]
    public async Task A_token_added_after_the_module_was_initialized_is_found()
    {
        Module.HideSlots(true);
        var provider = NewProvider();
        await FailureAsync(() => provider.CheckAsync(Cancellation));
        Module.HideSlots(false);
        await EventuallyReadyAsync(provider);
    }

    [Fact]
    public async Task A_refused_pin_is_never_sent_again_before_its_file_changes()
    {
        var pinFile = Module.SoftHsm.WriteSecret("wrong.pin", "not the pin\n");
        var provider = NewProvider(options => options.PinFile = pinFile);
        for (var i = 0; i < 5; i++)
        {
            var failure = await FailureAsync(() => provider.CheckAsync(Cancellation));
            Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
            Assert.Contains("PinFile", failure.Message, StringComparison.Ordinal);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(500), Cancellation); // several attempts of the supervisor
        Assert.Equal(1, Module.Calls(Function.Login));

        Module.SoftHsm.WriteSecret("wrong.pin", Token.Pin);
        await EventuallyReadyAsync(provider);
        Assert.Equal(2, Module.Calls(Function.Login));
    }

    [Fact]
    public async Task A_module_that_other_code_initialized_is_used_but_never_finalized()
    {
        InitializeAsOtherCode(Module.Path);
        await using (var provider = TestProviders.On(Module.Path, Token))
        {
            var key = await provider.CreateEs256Async("key", Cancellation);
            Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        }

        Assert.Equal(0, Module.Calls(Function.Finalize));
        Module.FinalizeBehindTheBack();

        static unsafe void InitializeAsOtherCode(string path)
        {
            var arguments = new CkInitializeArgs { Flags = Ck.Flag.OsLockingOk };
            Assert.Equal(CkReturn.Ok, CryptokiFunctions.Load(path).Initialize(&arguments));
        }
    }

    [Fact]
    public async Task The_last_provider_to_go_finalizes_the_module_and_a_later_one_initializes_it_again()
    {
        for (var i = 1; i <= 2; i++)
        {
            await using (var first = TestProviders.On(Module.Path, Token))
            await using (var second = TestProviders.On(Module.Path, Token))
            {
                await first.CheckAsync(Cancellation);
                await second.CheckAsync(Cancellation);
            }

            Assert.Equal(i, Module.Calls(Function.Initialize));
            Assert.Equal(i, Module.Calls(Function.Finalize));
        }
    }

    [Fact]
    public async Task InitArgs_and_the_locking_flag_reach_the_module()
    {
        var provider = NewProvider(static options => options.InitArgs = "configDir='x'");
        await provider.CheckAsync(Cancellation);
        Assert.Equal("configDir='x'", Module.SeenReserved);
        Assert.Equal(2ul, Module.SeenInitializeFlags & 2);
        await using var other = TestProviders.On(Module.Path, Token, static options => options.InitArgs = "configDir='y'");
        Assert.Equal(KeyServiceError.ProviderRejected, (await FailureAsync(() => other.CheckAsync(Cancellation))).Error);
    }
}
