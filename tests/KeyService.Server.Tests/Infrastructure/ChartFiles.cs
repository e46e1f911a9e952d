using System.Text.Json.Nodes;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>The files that a pod of the chart sees.</summary>
internal static class ChartFiles
{
    /// <summary>What the server is started on.</summary>
    public static JsonNode Settings(RenderedCharts charts, string variant) => JsonNode.Parse(Text(charts, variant, "keyservice.json"))!; // JSON, or this throws

    public static string Text(RenderedCharts charts, string variant, string file) => (string)charts.Manifest(variant, "ConfigMap")["data"]![file]!; // the chart makes it

    /// <summary>The secret behind a volume.</summary>
    public static JsonNode Secret(JsonNode pod, string volume) =>
        Assert.Single(pod["volumes"]!.AsArray(), one => (string?)one!["name"] == volume)!["projected"]!["sources"]![0]!["secret"]!; // the types of Kubernetes ask for them
}
