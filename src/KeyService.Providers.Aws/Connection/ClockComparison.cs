namespace KeyService.Providers.Aws.Connection;

/// <summary>Compares clocks by the Date of each answer, to a second: AWS refuses signatures that are more than five minutes off.</summary>
internal sealed class ClockComparison(TimeProvider time) : DelegatingHandler
{
    private long _skew = long.MinValue;

    public TimeSpan? Skew => Volatile.Read(ref _skew) is var ticks && ticks == long.MinValue ? null : TimeSpan.FromTicks(ticks);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (answer.Headers.Date is { } date)
            Volatile.Write(ref _skew, (date - time.GetUtcNow()).Ticks);
        return answer;
    }
}
