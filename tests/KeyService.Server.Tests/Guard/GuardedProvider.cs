using System.Diagnostics.Metrics;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Server.Guard;
using KeyService.Server.Signing;
using KeyService.Server.Telemetry;
using KeyService.Testing;
using Microsoft.Extensions.Logging;

namespace KeyService.Server.Tests.Guard;

/// <summary>A scripted provider behind its guard, with one key, the clock and what is measured.</summary>
internal sealed class GuardedProvider : IAsyncDisposable
{
    private readonly List<string> _measured = [];
    private readonly MeterListener _listener = new();
    private readonly GuardMetrics _metrics = new();

    private GuardedProvider(GuardOptions options, Func<ScriptedKeyProvider, IKeyProvider> around)
    {
        Guard = Guards.Around(around(Inner), Clock, options, _metrics, Logger);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Instruments.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(Note);
        _listener.SetMeasurementEventCallback<int>(Note);
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument, 1L, tags, null));
        _listener.Start();
    }

    public ManualClock Clock { get; } = new();

    public ScriptedKeyProvider Inner { get; } = new($"p{Guid.NewGuid():n}"); // meters are seen by every test that runs

    public GuardedKeyProvider Guard { get; }

    public LogLines Logger { get; } = new();

    public GuardedKey Key { get; private set; } = null!; // StartAsync sets it

    /// <summary>What was measured of this provider: <c>retries</c>, <c>signatures ES256 OK</c> …</summary>
    public IReadOnlyList<string> Measured
    {
        get
        {
            _listener.RecordObservableInstruments();
            lock (_measured)
                return [.. _measured];
        }
    }

    public static async Task<GuardedProvider> StartAsync(GuardOptions? options = null, Func<ScriptedKeyProvider, IKeyProvider>? around = null)
    {
        var guarded = new GuardedProvider(options ?? new GuardOptions(), around ?? (static inner => inner));
        var made = await guarded.Inner.CreateKeyAsync("key", new KeySpec(SigningAlgorithm.ES256, 0), CancellationToken.None);
        guarded.Key = new GuardedKey(guarded.Inner.Name, made.Handle, SigningAlgorithm.ES256, Jwk.FromSubjectPublicKeyInfo(made.SubjectPublicKeyInfo.Span));
        return guarded;
    }

    public Task<byte[]> SignAsync(double seconds = 10, bool hasOtherHome = false, string keySet = "orders", SignerInput? input = null, CancellationToken? caller = null) =>
        Guard.SignAsync(
            new SignAttempt(keySet, Key, input ?? new SignerInput(new byte[] { 1, 2, 3 }, IsDigest: false), TimeSpan.FromSeconds(seconds), hasOtherHome), caller ?? TestContext.Current.CancellationToken).AsTask();

    public async Task<KeyServiceException> FailsAsync(double seconds = 10, bool hasOtherHome = false) =>
        await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(seconds, hasOtherHome));

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _metrics.Dispose();
        await Guard.DisposeAsync();
    }

    private void Note<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var words = tags.ToArray();
        if (!words.Any(tag => tag.Key == "provider" && tag.Value is string provider && provider == Inner.Name))
            return;
        var line = string.Join(' ', [instrument.Name["keyservice.provider.".Length..], .. words.Where(tag => tag.Key is not ("provider" or KeySetLabels.TagName)).Select(tag => tag.Value)]);
        lock (_measured)
            _measured.Add(instrument.IsObservable ? $"{line} = {value}" : line);
    }

    internal sealed class LogLines : ILogger<GuardedKeyProvider>
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines => _lines;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
