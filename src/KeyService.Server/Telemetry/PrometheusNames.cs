using System.Text;
using OpenTelemetry.Metrics;

namespace KeyService.Server.Telemetry;

/// <summary>How instruments are called in Prometheus, by OpenTelemetry's rules for its compatibility with Prometheus: <c>keyservice.rpc.duration</c> in <c>s</c> is <c>keyservice_rpc_duration_seconds</c>.</summary>
internal static class PrometheusNames
{
    public static string Of(Metric metric)
    {
        var name = Allowed(metric.Name, colons: true);
        var unit = UnitOf(metric.Unit);
        if (unit.Length == 0 && metric.Unit == "1" && metric.MetricType.IsGauge())
            unit = "ratio";
        if (unit.Length > 0 && !name.EndsWith("_" + unit, StringComparison.Ordinal))
            name += "_" + unit;
        if (metric.MetricType is MetricType.LongSum or MetricType.DoubleSum && !name.EndsWith("_total", StringComparison.Ordinal))
            name += "_total";
        return name;
    }

    /// <summary>What a label's name may be: letters, digits and underscores.</summary>
    public static string OfLabel(string name) => Allowed(name, colons: false);

    private static string Allowed(string name, bool colons)
    {
        var allowed = new StringBuilder(name.Length + 1);
        foreach (var letter in name)
        {
            var isAllowed = char.IsAsciiLetterOrDigit(letter) || (colons && letter == ':');
            if (isAllowed && allowed.Length == 0 && char.IsAsciiDigit(letter))
                allowed.Append('_');
            if (isAllowed)
                allowed.Append(letter);
            else if (allowed.Length == 0 || allowed[^1] != '_') // several in a row are one
                allowed.Append('_');
        }

        return allowed.ToString();
    }

    /// <summary>UCUM in words. What stands in braces is a remark and no unit.</summary>
    private static string UnitOf(string unit) => unit.Split('/') switch
    {
        [var one] => Word(one),
        [var one, var each] when Word(one) is { Length: > 0 } word => $"{word}_per_{EachOf(each)}",
        [_, var each] => $"per_{EachOf(each)}",
        _ => "",
    };

    private static string Word(string unit) => unit switch
    {
        "" or "1" => "",
        ['{', ..] => "",
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "%" => "percent",
        _ => OfLabel(unit),
    };

    private static string EachOf(string unit) => unit switch { "s" => "second", "min" => "minute", "h" => "hour", "d" => "day", _ => OfLabel(unit) };
}
