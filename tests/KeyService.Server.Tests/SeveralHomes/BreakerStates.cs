using System.Diagnostics.Metrics;

namespace KeyService.Server.Tests.SeveralHomes;

/// <summary>Reads the breaker of one provider as a metrics exporter does.</summary>
internal sealed class BreakerStates : IDisposable
{
    public const int Closed = 0;

    private readonly MeterListener _listener = new();
    private readonly string _provider;
    private readonly List<int> _read = [];

    public BreakerStates(string provider)
    {
        _provider = provider;
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "KeyService", Name: "keyservice.provider.breaker" })
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>(Take);
        _listener.Start();
    }

    /// <summary>0 closed, 1 half open, 2 open.</summary>
    public int Read()
    {
        _read.Clear();
        _listener.RecordObservableInstruments();
        return _read.Single();
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, int measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var (mine, signs) = (false, false);
        foreach (var (name, value) in tags)
        {
            mine |= name == "provider" && _provider.Equals(value);
            signs |= name == "calls" && "sign".Equals(value);
        }

        if (mine && signs)
            _read.Add(measurement);
    }
}
