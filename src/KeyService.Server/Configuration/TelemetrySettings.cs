namespace KeyService.Server.Configuration;

/// <summary>Section <c>Telemetry</c>.</summary>
/// <param name="Prometheus">Whether <c>/metrics</c> is served. Default true.</param>
/// <param name="KeySets">
/// How many key sets are told apart in metrics; all others are one label, <c>other</c>. 0 to 10000, default 200: each set is a handful of
/// time series, on every replica.
/// </param>
/// <param name="Otlp">Null where nothing is sent anywhere.</param>
internal sealed record TelemetrySettings(bool Prometheus, int KeySets, OtlpSettings? Otlp = null)
{
    public static readonly TelemetrySettings Default = new(Prometheus: true, KeySets: 200);

    public static TelemetrySettings Read(SettingsReader section, ListenSettings listen)
    {
        var settings = new TelemetrySettings(
            section.Flag(nameof(Prometheus), Default.Prometheus),
            section.Integer(nameof(KeySets), Default.KeySets, 0, 10_000),
            OtlpSettings.Read(section.Section(nameof(Otlp))));
        if (!settings.Prometheus && listen.Metrics is not null)
            section.Problem(nameof(Prometheus), "is false, but Listen:Metrics says where the metrics are to be served");
        section.RefuseOthers();
        return settings;
    }
}
