using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>grpc.health.v1 over ASP.NET Core's health checks.</summary>
/// <remarks>Check runs the checks; Watch does so once and then follows the periodic runs of the health check publisher.</remarks>
internal sealed class HealthService(
    HealthCheckService checks, HealthReports reports, IOptions<GrpcHealthChecksOptions> options, IHostApplicationLifetime lifetime)
    : Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (!options.Value.Services.TryGet(request.Service, out var mapping))
            throw new RpcException(new Status(StatusCode.NotFound, $"There is no health of a service \"{request.Service}\"."));
        return Answer(await CheckNowAsync(mapping, context.CancellationToken));
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var end = options.Value.SuppressCompletionOnShutdown
            ? CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken)
            : CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await FollowAsync(request.Service, responseStream, end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(Answer(ServingStatus.NotServing), context.CancellationToken); // load balancers should leave before the connection goes
        }
    }

    private async Task FollowAsync(string service, IServerStreamWriter<HealthCheckResponse> responseStream, CancellationToken cancellationToken)
    {
        if (!options.Value.Services.TryGet(service, out var mapping))
        {
            await responseStream.WriteAsync(Answer(ServingStatus.ServiceUnknown), cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken); // mappings do not change while the server runs
            return;
        }

        var seen = reports.Last; // before the check: a report that comes meanwhile is not missed
        var last = await CheckNowAsync(mapping, cancellationToken);
        await responseStream.WriteAsync(Answer(last), cancellationToken);
        while (true)
        {
            await seen.Replaced.WaitAsync(cancellationToken);
            seen = reports.Last;
            var status = StatusIn(seen.Report!, mapping); // only the very first one has no report, and it was replaced
            if (status == last)
                continue;
            last = status;
            await responseStream.WriteAsync(Answer(status), cancellationToken);
        }
    }

    private static ServingStatus StatusIn(HealthReport report, ServiceMapping mapping) =>
        Of(report.Entries.Where(entry => Counts(mapping, entry.Key, entry.Value.Tags)).Select(entry => entry.Value.Status));

    private async Task<ServingStatus> CheckNowAsync(ServiceMapping mapping, CancellationToken cancellationToken)
    {
        var report = await checks.CheckHealthAsync(check => Counts(mapping, check.Name, check.Tags), cancellationToken);
        return Of(report.Entries.Values.Select(entry => entry.Status));
    }

    private static bool Counts(ServiceMapping mapping, string name, IEnumerable<string> tags) =>
        mapping.HealthCheckPredicate(new HealthCheckMapContext(name, tags));

    // Degraded still serves. Without a single check nothing is known.
    private static ServingStatus Of(IEnumerable<HealthStatus> statuses)
    {
        var all = statuses.ToList();
        if (all.Count == 0)
            return ServingStatus.Unknown;
        return all.Contains(HealthStatus.Unhealthy) ? ServingStatus.NotServing : ServingStatus.Serving;
    }

    private static HealthCheckResponse Answer(ServingStatus status) => new() { Status = status };
}
