using KeyService.Server.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace KeyService.Server.Listening;

/// <summary>Marks connections to <c>Listen:Metrics</c>: whoever reaches that address may read the metrics and the health, and nothing else is there.</summary>
internal sealed class ScrapeConnection
{
    private static readonly ScrapeConnection Mark = new();

    public static bool Is(HttpContext http) => http.Features.Get<ScrapeConnection>() is not null;

    public static ConnectionDelegate MarkIt(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(Mark);
        return next(connection);
    };

    /// <summary>Before everything else.</summary>
    public static Task HideOthersAsync(HttpContext http, RequestDelegate next)
    {
        if (!Is(http) || http.Request.Path == MetricsEndpoint.Path || http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
            return next(http);
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
