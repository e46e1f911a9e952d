namespace KeyService.Server.Telemetry;

/// <summary><c>/metrics</c> as Prometheus reads it.</summary>
internal static class MetricsEndpoint
{
    public const string Path = "/metrics";

    public static void MapMetrics(this IEndpointRouteBuilder routes, PrometheusReader reader) => routes.MapGet(Path, async context =>
    {
        var response = context.Response;
        if (await reader.ReadAsync() is not { } text)
        {
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        response.ContentType = PrometheusText.ContentType;
        response.ContentLength = text.Length;
        await response.Body.WriteAsync(text, context.RequestAborted);
    });
}
