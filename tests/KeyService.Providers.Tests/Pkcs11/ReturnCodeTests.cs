using KeyService.Core;
using KeyService.Providers.Pkcs11;
using KeyService.Providers.Pkcs11.Cryptoki;
using static KeyService.Providers.Tests.Pkcs11.FaultyModule;

namespace KeyService.Providers.Tests.Pkcs11;

/// <summary>Every row of the triage of return codes, against a real module.</summary>
public sealed class ReturnCodeTests(SoftHsmFixture softHsm) : FaultyModuleTests(softHsm)
{
    [Theory]
    [InlineData(nameof(CkReturn.SessionHandleInvalid))]
    [InlineData(nameof(CkReturn.SessionClosed))]
    [InlineData(nameof(CkReturn.OperationActive))]
    [InlineData(nameof(CkReturn.GeneralError))]
    [InlineData(nameof(CkReturn.FunctionFailed))]
    [InlineData(nameof(CkReturn.DeviceError))]
    [InlineData("0x80000383")] // a vendor's own
    public async Task A_lost_session_is_replaced_and_the_signature_made(string code)
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        var (sessions, initialized) = (Module.Calls(Function.OpenSession), Module.Calls(Function.Initialize));
        Module.Fail(Function.SignInit, Parse(code));
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.Equal(sessions + 1, Module.Calls(Function.OpenSession));
        Assert.Equal(initialized, Module.Calls(Function.Initialize));
    }

    [Theory]
    [InlineData(nameof(CkReturn.GeneralError))]
    [InlineData(nameof(CkReturn.FunctionFailed))]
    [InlineData(nameof(CkReturn.DeviceError))]
    [InlineData(nameof(CkReturn.SessionHandleInvalid))]
    public async Task What_fails_in_a_new_session_too_restarts_the_module(string code)
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        Module.Fail(Function.Sign, Parse(code), times: 2);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.Equal(2, Module.Calls(Function.Initialize));
        Assert.Equal(1, Module.Calls(Function.Finalize));
    }

    [Theory]
    [InlineData(nameof(CkReturn.DeviceRemoved))]
    [InlineData(nameof(CkReturn.TokenNotPresent))]
    [InlineData(nameof(CkReturn.CryptokiNotInitialized))]
    public async Task A_lost_token_or_module_is_restarted_at_once_and_the_signature_made(string code)
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        Module.Fail(Function.Sign, Parse(code));
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.Equal(2, Module.Calls(Function.Initialize));
        Assert.Equal(2, Module.Calls(Function.Login));
    }

    [Fact]
    public async Task A_lost_login_is_made_once_for_all_signers()
    {
        var (provider, key) = await ProviderWithKeyAsync();
        Module.LogOut();
        var signatures = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => provider.SignEs256Async(key, Cancellation)));
        Assert.All(signatures, static signature => Assert.Equal(64, signature.Length));
        Assert.Equal(1, Module.Calls(Function.Initialize));
        Assert.InRange(Module.Calls(Function.Login), 2, 3); // a session opened before the login may ask a second time, and is told "already"
    }

    [Fact]
    public async Task A_code_that_says_not_logged_in_leads_to_a_login_and_one_retry()
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        var attempts = Module.Calls(Function.SignInit);
        Module.Fail(Function.SignInit, CkReturn.UserNotLoggedIn);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.Equal(2, Module.Calls(Function.Login));
        Assert.Equal(attempts + 2, Module.Calls(Function.SignInit));
    }

    [Fact]
    public async Task All_sessions_closed_by_other_code_cost_no_signature()
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        Module.CloseAllSessions();
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Module.CloseAllSessions();
        await provider.CheckAsync(Cancellation);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
    }

    [Theory]
    [InlineData(nameof(CkReturn.KeyHandleInvalid))]
    [InlineData(nameof(CkReturn.ObjectHandleInvalid))]
    public async Task A_dead_object_handle_is_found_again(string code)
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        var searches = Module.Calls(Function.FindObjectsInit);
        Module.Fail(Function.SignInit, Parse(code));
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.Equal(searches + 1, Module.Calls(Function.FindObjectsInit));
        Assert.Equal(1, Module.Calls(Function.Initialize));
    }

    [Theory]
    [InlineData(nameof(CkReturn.DeviceMemory))]
    [InlineData(nameof(CkReturn.HostMemory))]
    public async Task A_token_short_of_memory_sheds_the_call_and_signs_the_next(string code)
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        Module.Fail(Function.Sign, Parse(code));
        var failure = await FailureAsync(() => provider.SignEs256Async(key, Cancellation));
        Assert.Equal(KeyServiceError.ProviderBusy, failure.Error);
        Assert.True(failure.IsTransient);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.Equal(1, Module.Calls(Function.Initialize));
    }

    [Fact]
    public async Task A_token_without_another_session_signs_with_those_it_has()
    {
        var (provider, key) = await ProviderWithKeyAsync();
        Module.Fail(Function.OpenSession, CkReturn.SessionCount, times: -1);
        Module.Freeze(Function.Sign);
        var first = provider.SignEs256Async(key, Cancellation);
        Module.WaitUntilFrozen(Function.Sign, 1);
        var second = provider.SignEs256Async(key, Cancellation); // its thread gets no session and hands the call back
        Module.Release(Function.Sign);
        Assert.Equal(64, (await first).Length);
        Assert.Equal(64, (await second).Length);
    }

    [Theory]
    [InlineData(nameof(CkReturn.MechanismInvalid), KeyServiceError.AlgorithmNotSupported)]
    [InlineData(nameof(CkReturn.KeyTypeInconsistent), KeyServiceError.ProviderRejected)]
    [InlineData(nameof(CkReturn.AttributeValueInvalid), KeyServiceError.ProviderRejected)]
    [InlineData(nameof(CkReturn.KeyFunctionNotPermitted), KeyServiceError.ProviderRejected)]
    public async Task What_is_refused_for_good_is_not_retried(string code, KeyServiceError expected)
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        var attempts = Module.Calls(Function.SignInit);
        Module.Fail(Function.SignInit, Parse(code));
        var failure = await FailureAsync(() => provider.SignEs256Async(key, Cancellation));
        Assert.Equal(expected, failure.Error);
        Assert.False(failure.IsTransient);
        Assert.Equal(attempts + 1, Module.Calls(Function.SignInit));
        var cause = Assert.IsType<CryptokiException>(failure.InnerException);
        Assert.Equal(("C_SignInit", CryptokiException.NameOf(Parse(code))), (cause.Function, cause.CodeName));
        Assert.DoesNotContain("CKR", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_short_buffer_is_told_and_its_session_dropped()
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        var sessions = Module.Calls(Function.OpenSession);
        Module.Fail(Function.Sign, CkReturn.BufferTooSmall);
        var failure = await FailureAsync(() => provider.SignEs256Async(key, Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.Equal(sessions + 1, Module.Calls(Function.OpenSession));
    }

    [Fact]
    public async Task A_signature_of_another_length_is_not_passed_on()
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        Module.ShortenSignatures();
        var failure = await FailureAsync(() => provider.SignEs256Async(key, Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
    }

    /// <summary>R‖S may look like DER to the last byte: 30 3e, and two INTEGERs of 29 bytes. A token gives R‖S, so nobody looks.</summary>
    [Fact]
    public async Task Ten_thousand_signatures_that_begin_like_der_pass_untouched()
    {
        var (provider, key) = await ProviderWithKeyAsync();
        var random = new Random(0x30);
        var signature = new byte[64];
        for (var i = 0; i < 10_000; i++)
        {
            random.NextBytes(signature);
            signature[0] = 0x30;
            if (i % 2 == 0)
                (signature[1], signature[2], signature[3], signature[33], signature[34]) = (0x3e, 0x02, 0x1d, 0x02, 0x1d);
            Module.Forge(signature);
            Assert.Equal(signature, await provider.SignEs256Async(key, Cancellation));
        }
    }

    [Fact]
    public async Task A_key_that_always_fails_cannot_restart_the_module_again_and_again()
    {
        var (provider, key) = await ProviderWithKeyAsync(OneSession);
        Module.Fail(Function.SignInit, CkReturn.GeneralError, times: -1);
        for (var i = 0; i < 20; i++)
            Assert.Equal(KeyServiceError.ProviderUnavailable, (await FailureAsync(() => provider.SignEs256Async(key, Cancellation))).Error);
        Assert.InRange(Module.Calls(Function.Initialize), 2, 4);
    }

    /// <summary>One session, where calls of the module are counted: with two it is chance which of them signs.</summary>
    private static void OneSession(Pkcs11Options options) => options.MaxSessions = 1;

    private static CkReturn Parse(string code) =>
        code.StartsWith("0x", StringComparison.Ordinal) ? (CkReturn)Convert.ToUInt64(code, 16) : Enum.Parse<CkReturn>(code);
}
