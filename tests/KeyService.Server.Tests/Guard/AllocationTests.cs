using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Tasks.Sources;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Server.Configuration;
using KeyService.Server.Guard;
using KeyService.Server.Signing;
using KeyService.Server.Telemetry;
using KeyService.Server.Tests.SeveralHomes;
using OpenTelemetry.Exporter;

namespace KeyService.Server.Tests.Guard;

[Collection(nameof(MeasuredAlone))] // the listeners of other tests would allocate in here
public sealed class AllocationTests
{
    private const int Calls = 1000;

    /// <summary>Less than the smallest object. Without optimization every async method's state is an object of its own: then only what comes on top is noticed.</summary>
    private static readonly int Allowed =
        typeof(GuardedKeyProvider).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true } ? 850 : 16;

    [Fact]
    public void To_wait_for_a_slot_in_a_line_costs_no_object_once_others_have_waited()
    {
        using var slots = new FairSlots("p", slots: 1, maxQueue: 10, TimeProvider.System);
        using var caller = new CancellationTokenSource();
        Assert.True(slots.TryEnter());
        var waiting = Wait();
        ServeAndWaitAgain();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++)
            ServeAndWaitAgain();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void ServeAndWaitAgain()
        {
            var next = Wait(); // so that there always is a line
            slots.Exit();
            if (!waiting.GetResult())
                throw new TimeoutException("It was not served.");
            waiting = next;
        }

#pragma warning disable CA2012 // each is taken once, on this thread
        ValueTaskAwaiter<bool> Wait() => slots.EnterAsync("orders", TimeSpan.FromMinutes(1), caller.Token).GetAwaiter();
#pragma warning restore CA2012
    }

    [Theory]
    [InlineData(false, null, false)]
    [InlineData(false, 2.0, false)]
    [InlineData(true, null, false)]
    [InlineData(true, 2.0, false)]
    [InlineData(true, 2.0, true)]
    public async Task A_signature_that_all_is_well_with_costs_no_allocation_of_the_guards_own(bool answersLater, double? timeout, bool isMeasured)
    {
        using var reader = isMeasured ? new PrometheusReader() : null;
        using var measuring = reader is null ? null : TelemetryRegistration.Measure(reader, TelemetrySettings.Default);
        using var tracing = reader is null ? null : TelemetryRegistration.Trace(new OtlpSettings(new Uri("http://127.0.0.1:9"), OtlpExportProtocol.HttpProtobuf, Headers: [], TimeSpan.FromHours(1), SampleRatio: 0));
        using var request = new Activity("a request whose caller does not record it");
        request.Start();
        using var metrics = new GuardMetrics();
        await using var provider = new WaitingProvider(answersLater);
        var options = new GuardOptions { Timeout = timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null, VerifySignatures = SignatureCheck.Off };
        await using var guard = Guards.Around(provider, TimeProvider.System, options, metrics);
        using var caller = new CancellationTokenSource();
        var attempt = new SignAttempt(
            "orders", new GuardedKey("p", new KeyHandle("k"), SigningAlgorithm.ES256, publicKey: null), new SignerInput(new byte[32], IsDigest: true), SignAttempt.Patience, HasOtherHome: false);
        for (var i = 0; i < Calls; i++)
            SignOnce();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++)
            SignOnce();
        var perCall = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Calls;
        Assert.True(perCall < Allowed, $"{perCall} bytes a call, allowed are fewer than {Allowed}");
        if (reader is not null)
            Assert.Contains("keyservice_provider_sign_duration_seconds_count", Encoding.UTF8.GetString((await reader.ReadAsync())!), StringComparison.Ordinal);

        void SignOnce()
        {
#pragma warning disable CA2012 // the provider answers between the question and the answer's being taken, once, on this thread
            var signing = guard.SignAsync(attempt, caller.Token).GetAwaiter();
#pragma warning restore CA2012
            provider.Answer();
            Assert.True(signing.IsCompleted);
            signing.GetResult();
        }
    }

    /// <summary>Answers at once, or on the caller's thread when it is told to; allocates nothing either way.</summary>
    private sealed class WaitingProvider(bool answersLater) : IKeyProvider, IValueTaskSource<byte[]>
    {
        private readonly byte[] _signature = new byte[64];
        private ManualResetValueTaskSourceCore<byte[]> _source;

        public string Name => "p";

        public void Answer()
        {
            if (answersLater)
                _source.SetResult(_signature);
        }

        public ValueTask<byte[]> SignAsync(KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
        {
            if (!answersLater)
                return new ValueTask<byte[]>(_signature);
            _source.Reset();
            return new ValueTask<byte[]>(this, _source.Version);
        }

        public byte[] GetResult(short token) => _source.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

        public int LargestInput(SigningAlgorithm algorithm) => 64;

        public Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
