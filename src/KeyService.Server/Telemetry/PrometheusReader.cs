using System.Diagnostics.CodeAnalysis;
using OpenTelemetry.Metrics;

namespace KeyService.Server.Telemetry;

/// <summary>Collects when somebody asks. Those who ask while one collection runs share it, so that asking often costs no more than one thread of the pool.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "The base class disposes of the exporter that it is given.")]
internal sealed class PrometheusReader : BaseExportingMetricReader
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly PrometheusExporter _exporter;
    private readonly Lock _asking = new();
    private Task<byte[]?> _collection = Task.FromResult<byte[]?>(null);

    public PrometheusReader()
        : this(new PrometheusExporter())
    {
    }

    private PrometheusReader(PrometheusExporter exporter)
        : base(exporter) => _exporter = exporter;

    /// <summary>The metrics as text; null where they could not be collected.</summary>
    public Task<byte[]?> ReadAsync()
    {
        lock (_asking)
        {
            if (_collection.IsCompleted)
                _collection = Task.Run(() => _exporter.Collect!((int)Longest.TotalMilliseconds) ? _exporter.Text : null); // the base class has set it
            return _collection;
        }
    }
}
