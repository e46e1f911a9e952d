using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace KeyService.Server.Doctor;

/// <summary>The reports as JSON for a program: the members of <see cref="ProviderReport"/>.</summary>
[JsonSerializable(typeof(IReadOnlyList<ProviderReport>))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>For people and scripts, never inside HTML: "R‖S" stays as it is.</summary>
    private static readonly ReportJson Readable = new(new JsonSerializerOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
    });

    public static string Write(IReadOnlyList<ProviderReport> reports) =>
        JsonSerializer.Serialize(reports, Readable.IReadOnlyListProviderReport) + Environment.NewLine;
}
