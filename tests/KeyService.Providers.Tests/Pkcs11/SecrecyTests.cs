using System.Collections.Concurrent;
using KeyService.Core;
using KeyService.Providers.Pkcs11;
using KeyService.Providers.Pkcs11.Cryptoki;
using Microsoft.Extensions.Logging;
using static KeyService.Providers.Tests.Pkcs11.FaultyModule;

namespace KeyService.Providers.Tests.Pkcs11;

public sealed class SecrecyTests(SoftHsmFixture softHsm) : FaultyModuleTests(softHsm)
{
    [Fact]
    public async Task The_log_tells_codes_by_name_and_never_the_pin()
    {
        var log = new LineLogger();
        await using var provider = TestProviders.On(Module.Path, Token, logger: log);
        var key = await provider.CreateEs256Async("key", Cancellation);
        Module.Fail(Function.Sign, CkReturn.DeviceRemoved);
        Module.Fail(Function.Login, CkReturn.GeneralError);
        await provider.SignEs256Async(key, Cancellation);
        await provider.DestroyKeyAsync(key.Handle, Cancellation);

        Assert.Contains(log.Lines, static line => line.Contains("C_Sign answered CKR_DEVICE_REMOVED", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains($"made key {key.Handle}", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains(Token.Pin, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pin_of_the_wrong_length_is_not_in_the_failure()
    {
        var pinFile = Module.SoftHsm.WriteSecret("short.pin", "1x");
        var provider = NewProvider(options => options.PinFile = pinFile);
        var failure = await FailureAsync(() => provider.CheckAsync(Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Assert.DoesNotContain("1x", failure.ToString(), StringComparison.Ordinal);
    }

    private sealed class LineLogger : ILogger<Pkcs11KeyProvider>
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");
    }
}
