using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Server.Signing;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Guard;

/// <summary>The guarded way to a signature: breaker, slot, quota, deadline, the provider, verification; and back to the breaker.</summary>
internal sealed class SigningCalls(
    IKeyProvider inner, GuardOptions options, Breaker breaker, FairSlots slots, RetryBudget budget, Deadlines deadlines,
    LocalVerification verification, GuardMetrics metrics, TimeProvider time)
{
    /// <summary>Where a provider throttles and does not say how long: until then the calls that can go elsewhere do.</summary>
    private static readonly TimeSpan ThrottlePause = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan LongestThrottlePause = TimeSpan.FromSeconds(5);

    /// <summary>A backend that was given less time than this has not failed: else a caller in a hurry would have it rest for everyone.</summary>
    private static readonly TimeSpan FairTime = TimeSpan.FromMilliseconds(500);

    private readonly Quota? _quota = options.Quota is { } quota ? new Quota(inner.Name, quota, time) : null;
    private readonly IMessageSigner? _messageSigner = inner as IMessageSigner;
    private long _throttledUntil;

    /// <summary>True while a call that has another home had better go there.</summary>
    public bool IsAvoided => breaker.TurnsAway || time.GetUtcNow().UtcTicks < Volatile.Read(ref _throttledUntil);

    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    public async ValueTask<byte[]> SignAsync(SignAttempt attempt, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        using var span = Spans.StartSign(attempt, inner.Name);
        budget.Count();
        for (var tries = 1; ; tries++)
        {
            KeyServiceException failure;
            var limit = LimitOf(attempt, attempt.TimeLeft - time.GetElapsedTime(began));
            var direct = breaker.IsClosed(out var ticket);
            try
            {
                var signature = direct
                    ? await CallAsync(attempt, limit, cancellationToken)
                    : await FindOutAsync(attempt, limit, cancellationToken);
                if (direct)
                    await breaker.ReportAsync(ticket, failure: null);
                span.Succeed();
                attempt.Key.HasSigned();
                metrics.Signed(attempt, metrics.TakesDurations ? time.GetElapsedTime(began) : default);
                return signature;
            }
            catch (KeyServiceException e)
            {
                failure = e;
            }

            RememberThrottling(failure);
            if (direct && IsVerdict(failure, limit))
                await breaker.ReportAsync(ticket, Breaker.Counts(failure) ? failure : null);
            var pause = PauseAfter(failure, attempt, tries, began);
            if (pause is null)
            {
                span.Fail(failure.Error);
                attempt.Key.HasFailed(failure);
                metrics.Failed(attempt, failure.Error, time.GetElapsedTime(began));
                ThrowDescribed(failure);
            }

            metrics.Retried(inner.Name);
            await Task.Delay(pause.Value, time, cancellationToken);
        }
    }

    /// <summary>Apart from <see cref="SignAsync"/>, where the closure would be made for every signature.</summary>
    private ValueTask<byte[]> FindOutAsync(SignAttempt attempt, TimeSpan? limit, CancellationToken cancellationToken) =>
        breaker.RunAsync(token => CallAsync(attempt, limit, token), cancellationToken);

    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    private async ValueTask<byte[]> CallAsync(SignAttempt attempt, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var entered = slots.TryEnter();
        var (source, caller) = limit is { } most ? deadlines.Rent(most, cancellationToken) : default;
        var token = source?.Token ?? cancellationToken;
        var isSigned = false;
        try
        {
            if (!entered)
            {
                // A provider that bounds its calls itself still must not keep anyone waiting in our queue.
                entered = await slots.EnterAsync(attempt.KeySet, limit ?? attempt.TimeLeft, token);
                if (!entered)
                    throw RanOut(entered, limit ?? attempt.TimeLeft, e: null);
                if (breaker.Rests)
                    throw breaker.TurnedAway(); // those before in the line found the backend gone
            }

            _quota?.Take(attempt.Key);
            var (key, input) = (attempt.Key, attempt.Input);
            var asMessage = TakesMessage(key, input);
            var bytes = asMessage ? input.Bytes : input.For(key.Algorithm);
            var signature = asMessage
                ? await _messageSigner!.SignMessageAsync(key.Handle, key.Algorithm, bytes, token) // asMessage says that it is there
                : await inner.SignAsync(key.Handle, key.Algorithm, bytes, token);
            if (verification.IsDue)
                verification.Verify(key, bytes.Span, asMessage, signature);
            isSigned = true;
            return signature;
        }
        catch (OperationCanceledException e) when (source is { IsCancellationRequested: true } && !cancellationToken.IsCancellationRequested)
        {
            throw RanOut(entered, limit!.Value, e); // there is a source where there is a limit
        }
        finally
        {
            if (entered)
                slots.Exit(runNext: isSigned);
            if (source is not null)
                deadlines.Return(source, caller);
        }
    }

    private bool TakesMessage(GuardedKey key, in SignerInput input) =>
        _messageSigner is not null && !input.IsDigest && key.Algorithm.TakesDigest && input.Bytes.Length <= _messageSigner.LargestMessage(key.Algorithm);

    /// <summary>
    /// How long a try may take; null where the provider bounds it. The last home is left with a little less than all the time
    /// there is, so that its silence is noticed here, where the breaker learns of it, and not by the caller alone.
    /// </summary>
    private TimeSpan? LimitOf(in SignAttempt attempt, TimeSpan left)
    {
        if (!attempt.HasOtherHome && options.Timeout is null)
            return null;
        var share = attempt.HasOtherHome ? left / 2 : left * 0.95;
        return options.Timeout is { } timeout && timeout < share ? timeout : share;
    }

    private void RememberThrottling(KeyServiceException failure)
    {
        if (failure.Error != KeyServiceError.ProviderThrottled)
            return;
        var pause = failure.RetryAfter ?? ThrottlePause;
        Volatile.Write(ref _throttledUntil, (time.GetUtcNow() + (pause < LongestThrottlePause ? pause : LongestThrottlePause)).UtcTicks);
    }

    /// <summary>True where a failed try says something about the backend. Our own full queue does not, nor a try that was over before it could be answered.</summary>
    private bool IsVerdict(KeyServiceException failure, TimeSpan? limit)
    {
        var fair = options.Timeout is { } timeout && timeout < FairTime ? timeout : FairTime;
        var hurried = failure.InnerException is OperationCanceledException && limit < fair;
        return failure.Error != KeyServiceError.ProviderBusy && !hurried;
    }

    private TimeSpan? PauseAfter(KeyServiceException failure, in SignAttempt attempt, int tries, long began)
    {
        if (attempt.HasOtherHome || !breaker.IsClosed(out _))
            return null;
        var left = attempt.TimeLeft - time.GetElapsedTime(began);
        var pause = RetryRule.PauseAfter(failure, tries, options.Retries, left, RandomNumberGenerator.GetInt32(1000) / 1000.0);
        return pause is not null && budget.TryTake() ? pause : null;
    }

    [DoesNotReturn]
    private void ThrowDescribed(KeyServiceException failure)
    {
        // To a caller, a key that its provider lost is no key that it named wrongly.
        if (failure.Error == KeyServiceError.KeyNotFound)
            throw new KeyServiceException(KeyServiceError.ProviderUnavailable, $"Provider '{inner.Name}' does not have the key that signs now.", failure);
        ExceptionDispatchInfo.Throw(failure);
    }

    private KeyServiceException RanOut(bool entered, TimeSpan limit, OperationCanceledException? e)
    {
        var setting = limit == options.Timeout ? $"Providers:{inner.Name}:Timeout" : "the time that the caller left";
        return entered
            ? new KeyServiceException(KeyServiceError.ProviderUnavailable, $"Provider '{inner.Name}' did not answer within {limit.TotalSeconds:0.###} s: {setting}.", e)
            : new KeyServiceException(KeyServiceError.ProviderBusy, $"Provider '{inner.Name}' had no slot free within {limit.TotalSeconds:0.###} s: {setting}, or Providers:{inner.Name}:MaxConcurrency.", e);
    }
}
