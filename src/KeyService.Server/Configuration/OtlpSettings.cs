using System.Globalization;
using System.Text;
using OpenTelemetry.Exporter;

namespace KeyService.Server.Configuration;

/// <summary>Section <c>Telemetry:Otlp</c>; absent where there is no <c>Endpoint</c>.</summary>
/// <param name="Endpoint">The collector: an http or https URL without path.</param>
/// <param name="Protocol"><c>HttpProtobuf</c> (default) or <c>Grpc</c>.</param>
/// <param name="Headers">What each request carries, from <c>HeadersFile</c>, such as a token: lines of <c>Name: value</c>.</param>
/// <param name="Interval">How often metrics are sent. 1 s to 1 h, default 1 min.</param>
/// <param name="SampleRatio">The share of traces that begin here and are recorded, 0 to 1. Default 0: only what the caller records.</param>
internal sealed record OtlpSettings(Uri Endpoint, OtlpExportProtocol Protocol, IReadOnlyList<KeyValuePair<string, string>> Headers, TimeSpan Interval, double SampleRatio)
{
    public static OtlpSettings? Read(SettingsReader section)
    {
        var endpoint = EndpointOf(section);
        var protocol = section.Text(nameof(Protocol));
        var headersFile = section.SecretFile("HeadersFile", required: false);
        var settings = new OtlpSettings(
            endpoint ?? new Uri("http://localhost"),
            protocol == "Grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
            headersFile is null ? [] : HeadersOf(section, headersFile),
            section.Duration(nameof(Interval), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            RatioOf(section));
        if (protocol is not (null or "Grpc" or "HttpProtobuf"))
            section.Problem(nameof(Protocol), $"must be HttpProtobuf or Grpc, not '{protocol}'");
        if (endpoint is null && section.HasAny && !section.Has(nameof(Endpoint)))
            section.Problem(nameof(Endpoint), "is missing: without it nothing is sent anywhere");
        if (headersFile is not null && endpoint is { Scheme: "http" } && !ListenSettings.IsLoopback(endpoint))
            section.Problem("HeadersFile", "needs an https Endpoint: its secrets would travel in the clear");
        section.RefuseOthers();
        return endpoint is null ? null : settings;
    }

    private static Uri? EndpointOf(SettingsReader section)
    {
        if (section.Text(nameof(Endpoint)) is not { } text)
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.PathAndQuery == "/" && url.UserInfo.Length == 0)
            return url;
        section.Problem(nameof(Endpoint), $"must be an http or https URL such as https://collector.example:4318, not '{text}'");
        return null;
    }

    private static IReadOnlyList<KeyValuePair<string, string>> HeadersOf(SettingsReader section, string file)
    {
        try
        {
            var headers = File.ReadLines(file, Encoding.UTF8).Where(line => line.Trim().Length > 0).Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)).ToArray();
            if (headers.Length > 0 && headers.All(header => header is [{ Length: > 0 } name, { Length: > 0 }] && name.All(IsTokenLetter)))
                return [.. headers.Select(header => KeyValuePair.Create(header[0], header[1]))];
            section.Problem("HeadersFile", $"must hold lines of 'Name: value': '{file}' does not");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            section.Problem("HeadersFile", $"cannot be read: {e.Message}");
        }

        return [];
    }

    private static bool IsTokenLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.';

    private static double RatioOf(SettingsReader section)
    {
        if (section.Text(nameof(SampleRatio)) is not { } text)
            return 0;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1)
            return ratio;
        section.Problem(nameof(SampleRatio), $"must be a number from 0 to 1, not '{text}'");
        return 0;
    }
}
