using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace KeyService.Server.Tests.Audit;

/// <summary>What one meter measured, by the ends of the instruments' names: sums, except of gauges, which are asked.</summary>
internal sealed class Measurements : IDisposable
{
    private const string Prefix = "keyservice.audit.";
    private readonly ConcurrentDictionary<string, double> _sums = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public Measurements(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, measured, _, _) => Take(instrument, measured));
        _listener.SetMeasurementEventCallback<long>((instrument, measured, _, _) => Take(instrument, measured));
        _listener.SetMeasurementEventCallback<double>((instrument, measured, _, _) => Take(instrument, measured));
        _listener.Start();
    }

    /// <summary>Null where there is none yet.</summary>
    public double? this[string name]
    {
        get
        {
            _listener.RecordObservableInstruments();
            return _sums.TryGetValue(Prefix + name, out var sum) ? sum : null;
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double measured) =>
        _sums.AddOrUpdate(instrument.Name, measured, (_, sum) => instrument.IsObservable ? measured : sum + measured);
}
