using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Guard;

/// <summary>
/// Guards what is not signing: making, finding, disabling and destroying keys. All of it is safe to repeat. It has a breaker of
/// its own, since clouds serve keys and signatures apart, and the one may fail while the other works.
/// </summary>
internal sealed class KeyCalls(string provider, GuardOptions options, Breaker breaker, RetryBudget budget, Deadlines deadlines, GuardMetrics metrics, TimeProvider time)
{
    /// <summary>How long a caller waits for retries where no deadline says it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="act">What the call does, for traces.</param>
    public async Task<T> RunAsync<T>(string act, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        using var span = Spans.StartKeyCall(act, provider);
        budget.Count();
        for (var tries = 1; ; tries++)
        {
            TimeSpan? pause;
            try
            {
                var result = await breaker.RunAsync(token => TryAsync(call, token), cancellationToken);
                span.Succeed();
                return result;
            }
            catch (KeyServiceException e)
            {
                pause = PauseAfter(e, tries, began);
                if (pause is null)
                {
                    span.Fail(e.Error);
                    throw;
                }

                metrics.Retried(provider);
            }

            await Task.Delay(pause.Value, time, cancellationToken);
        }
    }

    /// <summary>One look at the backend within <paramref name="limit"/>: no retry, and nothing that the breaker learns from.</summary>
    public async ValueTask<T> TryAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan? limit, CancellationToken cancellationToken)
    {
        if (limit is not { } most)
            return await call(cancellationToken);
        var (source, caller) = deadlines.Rent(most, cancellationToken);
        try
        {
            return await call(source.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested && source.IsCancellationRequested)
        {
            throw new KeyServiceException(KeyServiceError.ProviderUnavailable, $"Provider '{provider}' did not answer within {most.TotalSeconds:0.###} s, which follow from Providers:{provider}:Timeout.", e);
        }
        finally
        {
            deadlines.Return(source, caller);
        }
    }

    private ValueTask<T> TryAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        TryAsync(call, options.KeyTimeout, cancellationToken);

    private TimeSpan? PauseAfter(KeyServiceException failure, int tries, long began)
    {
        if (breaker.TurnsAway)
            return null;
        var left = (options.KeyTimeout ?? Patience) - time.GetElapsedTime(began);
        var pause = RetryRule.PauseAfter(failure, tries, options.Retries, left, RandomNumberGenerator.GetInt32(1000) / 1000.0);
        return pause is not null && budget.TryTake() ? pause : null;
    }
}
