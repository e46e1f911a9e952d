using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using KeyService.Core;
using Polly;
using Polly.CircuitBreaker;

namespace KeyService.Server.Guard;

/// <summary>
/// Leaves a backend alone that does not answer, and lets one call at a time find out whether it is back. Only a backend
/// that did not answer counts as failed: one that throttles or refuses is there.
/// </summary>
internal sealed class Breaker
{
    private readonly string _provider;
    private readonly TimeProvider _time;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline _pipeline;
    private int _rests;
    private long _restsUntil;

    public Breaker(string provider, BreakerOptions options, TimeProvider time)
    {
        _provider = provider;
        _time = time;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = BreakerOptions.FailureRatio,
                SamplingDuration = options.Window,
                MinimumThroughput = options.MinimumCalls,
                StateProvider = _state,
                ShouldHandle = static outcome => new(outcome.Outcome.Exception is not null),
                BreakDurationGenerator = arguments => new(Rest(options, arguments.HalfOpenAttempts)),
            })
            .Build();
    }

    public CircuitState State => _state.CircuitState;

    /// <summary>True while the backend is not asked at all.</summary>
    public bool Rests => State == CircuitState.Open && _time.GetUtcNow().UtcTicks < Volatile.Read(ref _restsUntil);

    /// <summary>True while calls are turned away: the backend rests, or one call finds out about it at this moment.</summary>
    public bool TurnsAway => State == CircuitState.HalfOpen || Rests;

    /// <summary>
    /// True where a call may be made outside of <see cref="RunAsync"/>, which costs the hot path less; its outcome is then owed
    /// to <see cref="ReportAsync"/> with <paramref name="ticket"/>.
    /// </summary>
    public bool IsClosed(out int ticket)
    {
        ticket = Volatile.Read(ref _rests);
        return State == CircuitState.Closed;
    }

    /// <param name="failure">Null for an answer, be it a signature or a refusal.</param>
    public async ValueTask ReportAsync(int ticket, KeyServiceException? failure)
    {
        // What was asked before the last rest says nothing about how the backend is after it.
        if (!IsClosed(out var now) || now != ticket)
            return;
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, CancellationToken.None);
        await _pipeline.ExecuteOutcomeAsync<object?, KeyServiceException?>( // any other type than object would be boxed on its way
            static (_, failure) => new(failure is null ? Outcome.FromResult<object?>(null) : Outcome.FromException<object?>(failure)), context, failure);
        ResilienceContextPool.Shared.Return(context);
    }

    /// <summary>Makes a call, or turns it away.</summary>
    /// <exception cref="KeyServiceException">ProviderUnavailable where it is turned away, else as the call throws.</exception>
    public async ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        if (TurnsAway)
            throw TurnedAway();
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
        var outcome = await _pipeline.ExecuteOutcomeAsync<Answer<T>, Func<CancellationToken, ValueTask<T>>>(AnswerAsync, context, call);
        ResilienceContextPool.Shared.Return(context);
        if (outcome.Exception is BrokenCircuitException)
            throw TurnedAway(); // another call was first to find out
        outcome.ThrowIfException();
        outcome.Result.Refusal?.Throw();
        return outcome.Result.Value!; // there is no refusal, so there is a value
    }

    /// <summary>True where a failure means that the backend did not answer.</summary>
    public static bool Counts(KeyServiceException failure) => failure.Error == KeyServiceError.ProviderUnavailable;

    public KeyServiceException TurnedAway()
    {
        var left = new DateTimeOffset(Volatile.Read(ref _restsUntil), TimeSpan.Zero) - _time.GetUtcNow();
        return new KeyServiceException(KeyServiceError.ProviderUnavailable, $"Provider '{_provider}' did not answer again and again; it is tried once more shortly.")
        {
            RetryAfter = left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(100),
        };
    }

    [SuppressMessage("Design", "CA1031", Justification = "Nothing is swallowed: it travels in the outcome and is thrown by the caller.")]
    private static async ValueTask<Outcome<Answer<T>>> AnswerAsync<T>(ResilienceContext context, Func<CancellationToken, ValueTask<T>> call)
    {
        try
        {
            return Outcome.FromResult(new Answer<T>(await call(context.CancellationToken), Refusal: null));
        }
        catch (KeyServiceException e) when (!Counts(e))
        {
            return Outcome.FromResult(new Answer<T>(default, ExceptionDispatchInfo.Capture(e)));
        }
        catch (Exception e)
        {
            // A caller that left before the answer learnt nothing about the backend: it goes on resting.
            return Outcome.FromException<Answer<T>>(e);
        }
    }

    /// <summary>Polly asks under its lock, so that the ticket changes together with the state.</summary>
    private TimeSpan Rest(BreakerOptions options, int attempts)
    {
        var rest = options.FirstRest * Math.Pow(2, Math.Min(attempts, 16));
        rest = rest < options.LongestRest ? rest : options.LongestRest;
        Interlocked.Increment(ref _rests);
        Volatile.Write(ref _restsUntil, (_time.GetUtcNow() + rest).UtcTicks);
        return rest;
    }

    private readonly record struct Answer<T>(T? Value, ExceptionDispatchInfo? Refusal);
}
