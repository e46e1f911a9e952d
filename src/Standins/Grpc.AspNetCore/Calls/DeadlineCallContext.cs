using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// Decides who ends a call: its handler or its deadline. The deadline ends a call even when the handler ignores its token,
/// but never while the handler is writing, since a response takes one writer at a time.
/// </summary>
internal abstract class DeadlineCallContext(HttpContext httpContext) : ServerCallContext, IDisposable
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private CallDeadline? _deadline; // without one there is nobody to contend with
    private bool _writing;
    private bool _ended;

    public HttpContext HttpContext { get; } = httpContext;

    protected sealed override DateTime DeadlineCore => _deadline?.Ends ?? DateTime.MaxValue;

    /// <summary>Cancelled when the client goes or the deadline passes. Made on demand: many handlers never ask.</summary>
    protected sealed override CancellationToken CancellationTokenCore
    {
        get
        {
            if (_deadline is not { } deadline)
                return HttpContext.RequestAborted;
            using (Enter())
            {
                if (deadline.Cancellation is null)
                {
                    deadline.Cancellation = CancellationTokenSource.CreateLinkedTokenSource(HttpContext.RequestAborted);
                    if (deadline.Expiry is not null)
                        deadline.Cancellation.Cancel();
                }

                return deadline.Cancellation.Token;
            }
        }
    }

    protected void StartDeadline(TimeSpan timeout, TimeProvider clock)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        _deadline = new CallDeadline
        {
            Ends = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue,
            Clock = clock,
            Started = clock.GetTimestamp(),
            Timeout = timeout,
            Timer = clock.CreateTimer(static state => ((DeadlineCallContext)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), // state is this
        };
        _deadline.Timer.Change(Min(timeout, LongestTimer), Timeout.InfiniteTimeSpan); // only now: the timer may fire before its variable is set
    }

    /// <exception cref="InvalidOperationException">The call has ended, or another write is on its way.</exception>
    /// <exception cref="OperationCanceledException">The deadline has passed or the client has gone.</exception>
    protected void BeginWrite()
    {
        using (Enter())
        {
            if (IsExpired || HttpContext.RequestAborted.IsCancellationRequested)
                throw new OperationCanceledException("The call was cancelled or passed its deadline.");
            if (_ended)
                throw new InvalidOperationException("Can't write the message because the request is complete.");
            if (_writing)
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
            _writing = true;
        }
    }

    /// <summary>Ends the call in the deadline's stead when it passed during the write.</summary>
    protected Task EndWriteAsync()
    {
        using (Enter())
        {
            _writing = false;
            if (!IsExpired || _ended)
                return Task.CompletedTask;
            _ended = true;
        }

        return SendDeadlineExceededAsync();
    }

    /// <summary>True for the one caller that may send the status. The others wait until that is done.</summary>
    protected async ValueTask<bool> TryEndAsync()
    {
        Task expiry;
        using (Enter())
        {
            if (_deadline?.Expiry is null)
            {
                var first = !_ended;
                _ended = true;
                return first;
            }

            expiry = _deadline.Expiry.Task;
        }

        await expiry;
        return false;
    }

    public void Dispose()
    {
        _deadline?.Timer.Dispose();
        _deadline?.Cancellation?.Dispose();
    }

    /// <summary>Ends the call in its handler's stead.</summary>
    protected abstract Task SendDeadlineExceededAsync();

    protected abstract void ReportFailedDeadline(Exception exception);

    private bool IsExpired => _deadline?.Expiry is not null;

    private Lock.Scope Enter() => _deadline is null ? default : _deadline.Gate.EnterScope();

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void OnTimer()
    {
        var deadline = _deadline!; // it has the timer
        bool handlerIsWriting;
        using (Enter())
        {
            if (_ended)
                return;
            var remaining = deadline.Timeout - deadline.Clock.GetElapsedTime(deadline.Started);
            if (remaining > TimeSpan.Zero)
            {
                deadline.Timer.Change(Min(remaining, LongestTimer), Timeout.InfiniteTimeSpan); // long deadlines, and timers that fire early
                return;
            }

            deadline.Expiry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            handlerIsWriting = _writing;
            _ended = !handlerIsWriting;
        }

        _ = ExpireAsync(deadline, handlerIsWriting);
    }

    private async Task ExpireAsync(CallDeadline deadline, bool handlerIsWriting)
    {
        try
        {
            HttpContext.Request.BodyReader.CancelPendingRead();
            if (handlerIsWriting)
                HttpContext.Response.BodyWriter.CancelPendingFlush(); // the writer ends the call
            else
                await SendDeadlineExceededAsync();
            if (deadline.Cancellation is not null)
                await deadline.Cancellation.CancelAsync();
        }
#pragma warning disable CA1031 // on a timer's thread anything thrown, also by a handler's cancellation callback, would end the process
        catch (Exception e)
#pragma warning restore CA1031
        {
            ReportFailedDeadline(e);
        }
        finally
        {
            deadline.Expiry!.SetResult(); // set by the only caller
        }
    }

    /// <summary>Apart, since most calls come without.</summary>
    private sealed class CallDeadline
    {
        public Lock Gate { get; } = new();

        public required TimeProvider Clock { get; init; }

        public required DateTime Ends { get; init; }

        public required long Started { get; init; }

        public required TimeSpan Timeout { get; init; }

        public required ITimer Timer { get; init; }

        /// <summary>Made on demand; under the gate.</summary>
        public CancellationTokenSource? Cancellation { get; set; }

        /// <summary>Null until the deadline has passed; under the gate.</summary>
        public TaskCompletionSource? Expiry { get; set; }
    }
}
