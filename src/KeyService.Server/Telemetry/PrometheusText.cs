using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using OpenTelemetry.Metrics;

namespace KeyService.Server.Telemetry;

/// <summary>Writes metrics in the text format of Prometheus, version 0.0.4, without timestamps.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string Infinity = "+Inf";
    private readonly ArrayBufferWriter<byte> _text = new(64 << 10);

    public byte[] ToArray() => _text.WrittenSpan.ToArray();

    public void Write(string name, Metric metric)
    {
        Append("# HELP ").Append(name).Append(" ").AppendEscaped(metric.Description, isLabel: false).Append("\n");
        Append("# TYPE ").Append(name).Append(metric.MetricType switch
        {
            MetricType.LongSum or MetricType.DoubleSum => " counter\n",
            MetricType.Histogram => " histogram\n",
            _ => " gauge\n", // a sum that may fall is one, too
        });
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            if (metric.MetricType == MetricType.Histogram)
                WriteHistogram(name, point);
            else
                WriteSample(name, metric.MetricType, point);
        }
    }

    /// <summary>A gauge that is always 1: what it tells is in its labels.</summary>
    public void WriteFacts(string name, string help, IEnumerable<KeyValuePair<string, object>> facts)
    {
        Append("# HELP ").Append(name).Append(" ").AppendEscaped(help, isLabel: false).Append("\n# TYPE ").Append(name).Append(" gauge\n").Append(name).Append("{");
        foreach (var (label, value) in facts)
            AppendLabel(label, value);
        Append("} 1\n");
    }

    private void WriteSample(string name, MetricType type, in MetricPoint point)
    {
        Append(name).AppendLabels(point, bound: null).Append(" ");
        _ = type switch
        {
            MetricType.LongSum or MetricType.LongSumNonMonotonic => Append(point.GetSumLong()),
            MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => Append(point.GetSumDouble()),
            MetricType.LongGauge => Append(point.GetGaugeLastValueLong()),
            MetricType.DoubleGauge => Append(point.GetGaugeLastValueDouble()),
            _ => throw new UnreachableException($"{type} is not asked for: no view makes exponential histograms."),
        };
        Append("\n");
    }

    private void WriteHistogram(string name, in MetricPoint point)
    {
        long below = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            below += bucket.BucketCount;
            Append(name).Append("_bucket").AppendLabels(point, double.IsPositiveInfinity(bucket.ExplicitBound) ? Infinity : Text(bucket.ExplicitBound)).Append(" ").Append(below).Append("\n");
        }

        Append(name).Append("_sum").AppendLabels(point, bound: null).Append(" ").Append(point.GetHistogramSum()).Append("\n");
        Append(name).Append("_count").AppendLabels(point, bound: null).Append(" ").Append(point.GetHistogramCount()).Append("\n");
    }

    /// <param name="bound">Upper bound of a histogram's bucket; null for other samples.</param>
    private PrometheusText AppendLabels(in MetricPoint point, string? bound)
    {
        if (point.Tags.Count == 0 && bound is null)
            return this;
        Append("{");
        foreach (var (label, value) in point.Tags)
            AppendLabel(label, value);
        if (bound is not null)
            AppendLabel("le", bound);
        return Append("}");
    }

    /// <summary>With a comma behind it: the format allows for one behind the last.</summary>
    private void AppendLabel(string label, object? value) =>
        Append(PrometheusNames.OfLabel(label)).Append("=\"").AppendEscaped(Text(value), isLabel: true).Append("\",");

    private static string Text(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(format: null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private PrometheusText AppendEscaped(string text, bool isLabel)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return Append(isLabel ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped);
    }

    private PrometheusText Append(string text)
    {
        Encoding.UTF8.GetBytes(text, _text);
        return this;
    }

    private PrometheusText Append(long number)
    {
        Utf8Formatter.TryFormat(number, _text.GetSpan(20), out var written); // the longest has 20 characters
        _text.Advance(written);
        return this;
    }

    private PrometheusText Append(double number) => number switch
    {
        double.PositiveInfinity => Append(Infinity),
        double.NegativeInfinity => Append("-Inf"),
        _ => Append(Text(number)), // NaN is spelled alike
    };
}
