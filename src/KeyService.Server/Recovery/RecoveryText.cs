using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace KeyService.Server.Recovery;

/// <summary>The reports: for a terminal, or as JSON for a program.</summary>
[JsonSerializable(typeof(IReadOnlyList<KeySetReport>))]
internal sealed partial class RecoveryText : JsonSerializerContext
{
    private static readonly RecoveryText Readable = new(new JsonSerializerOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // an entity tag has quotes
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
    });

    public static string WriteJson(IReadOnlyList<KeySetReport> reports) =>
        JsonSerializer.Serialize(reports, Readable.IReadOnlyListKeySetReport) + Environment.NewLine;

    public static string Write(IReadOnlyList<KeySetReport> reports)
    {
        var text = new StringBuilder();
        foreach (var report in reports)
        {
            text.AppendLine($"Key set {report.Name}: {report.Outcome.ToUpperInvariant()}").AppendLine($"  {report.Basis}");
            foreach (var key in report.Keys)
                text.AppendLine($"  {key.Role,-11} {key.Kid ?? "-",-43} {key.Provider}  {key.Label}").AppendLine($"              {key.Basis}");
            foreach (var problem in report.Problems)
                text.AppendLine($"  ! {problem}");
            if (report.ETag is not null)
                text.AppendLine($"  ETag of its JWKS: {report.ETag}");
        }

        return text.Append(reports.Count == 0 ? $"The providers hold no keys of such key sets.{Environment.NewLine}" : "").ToString();
    }
}
