using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A report, and the word that there is a later one.</summary>
internal sealed class PublishedReport(HealthReport? report)
{
    private readonly TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null before the first run.</summary>
    public HealthReport? Report { get; } = report;

    public Task Replaced => _replaced.Task;

    public void Replace() => _replaced.TrySetResult();
}
