namespace KeyService.Standins.Tests.Transcoding;

/// <summary>Lets a test see when a handler's call was cancelled.</summary>
internal sealed class LibrarySignals
{
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Cancelled => _cancelled.Task;

    public async Task LingerAsync(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.Register(() => _cancelled.TrySetResult());
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
