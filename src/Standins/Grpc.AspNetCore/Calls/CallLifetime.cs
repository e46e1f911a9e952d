using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// Decides who ends a call: its handler or its deadline. The deadline ends a call even when the handler ignores its token,
/// but never while the handler is writing, since a response takes one writer at a time.
/// </summary>
internal sealed class CallLifetime(HttpContext httpContext, HttpServerCallContext call) : IDisposable
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private Lock? _gate; // without a deadline there is nobody to contend with
    private TimeProvider? _clock;
    private long _started;
    private TimeSpan _timeout;
    private ITimer? _timer;
    private CancellationTokenSource? _cancellation;
    private TaskCompletionSource? _expiry;
    private bool _writing;
    private bool _ended;

    /// <summary>Cancelled when the client goes or the deadline passes. Made on demand: many handlers never ask.</summary>
    public CancellationToken CancellationToken
    {
        get
        {
            if (_timer is null)
                return httpContext.RequestAborted;
            using (Enter())
            {
                if (_cancellation is null)
                {
                    _cancellation = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted);
                    if (_expiry is not null)
                        _cancellation.Cancel();
                }

                return _cancellation.Token;
            }
        }
    }

    public void StartDeadline(TimeSpan timeout, TimeProvider clock)
    {
        _clock = clock;
        _gate = new Lock();
        _started = clock.GetTimestamp();
        _timeout = timeout;
        _timer = clock.CreateTimer(static state => ((CallLifetime)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // state is this
        _timer.Change(Min(timeout, LongestTimer), Timeout.InfiniteTimeSpan); // only now: the timer may fire before its variable is set
    }

    /// <exception cref="InvalidOperationException">The call has ended, or another write is on its way.</exception>
    /// <exception cref="OperationCanceledException">The deadline has passed or the client has gone.</exception>
    public void BeginWrite()
    {
        using (Enter())
        {
            if (_expiry is not null || httpContext.RequestAborted.IsCancellationRequested)
                throw new OperationCanceledException("The call was cancelled or passed its deadline.");
            if (_ended)
                throw new InvalidOperationException("Can't write the message because the request is complete.");
            if (_writing)
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
            _writing = true;
        }
    }

    /// <summary>Ends the call in the deadline's stead when it passed during the write.</summary>
    public Task EndWriteAsync()
    {
        using (Enter())
        {
            _writing = false;
            if (_expiry is null || _ended)
                return Task.CompletedTask;
            _ended = true;
        }

        return call.SendDeadlineExceededAsync();
    }

    /// <summary>True for the one caller that may send the status. The others wait until that is done.</summary>
    public async ValueTask<bool> TryEndAsync()
    {
        Task expiry;
        using (Enter())
        {
            if (_expiry is null)
            {
                var first = !_ended;
                _ended = true;
                return first;
            }

            expiry = _expiry.Task;
        }

        await expiry;
        return false;
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _cancellation?.Dispose();
    }

    private Lock.Scope Enter() => _gate is null ? default : _gate.EnterScope();

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void OnTimer()
    {
        bool handlerIsWriting;
        using (Enter())
        {
            if (_ended)
                return;
            var remaining = _timeout - _clock!.GetElapsedTime(_started); // set before the timer
            if (remaining > TimeSpan.Zero)
            {
                _timer!.Change(Min(remaining, LongestTimer), Timeout.InfiniteTimeSpan); // long deadlines, and timers that fire early
                return;
            }

            _expiry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            handlerIsWriting = _writing;
            _ended = !handlerIsWriting;
        }

        _ = ExpireAsync(handlerIsWriting);
    }

    private async Task ExpireAsync(bool handlerIsWriting)
    {
        try
        {
            httpContext.Request.BodyReader.CancelPendingRead();
            if (handlerIsWriting)
                httpContext.Response.BodyWriter.CancelPendingFlush(); // the writer ends the call
            else
                await call.SendDeadlineExceededAsync();
            if (_cancellation is not null)
                await _cancellation.CancelAsync();
        }
#pragma warning disable CA1031 // on a timer's thread anything thrown, also by a handler's cancellation callback, would end the process
        catch (Exception e)
#pragma warning restore CA1031
        {
            call.ReportFailedDeadline(e);
        }
        finally
        {
            _expiry!.SetResult(); // set by the only caller
        }
    }
}
