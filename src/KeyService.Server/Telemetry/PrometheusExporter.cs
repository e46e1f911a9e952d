using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace KeyService.Server.Telemetry;

/// <summary>Turns one collection into text. Called by its reader only, one collection at a time.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    private readonly Dictionary<Metric, string> _names = [];

    /// <summary>Set by the reader: the only way to a collection that pulls.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>What the last collection found.</summary>
    public byte[] Text { get; private set; } = [];

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new PrometheusText();
        text.WriteFacts("target_info", "What is measured here", ParentProvider.GetResource().Attributes);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var metric in batch)
        {
            if (!_names.TryGetValue(metric, out var name))
                _names.Add(metric, name = PrometheusNames.Of(metric));
            if (seen.Add(name)) // the format has room for one of each name
                text.Write(name, metric);
        }

        Text = text.ToArray();
        return ExportResult.Success;
    }
}
