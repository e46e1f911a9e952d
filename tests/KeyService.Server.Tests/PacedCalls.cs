using System.Collections.Concurrent;

namespace KeyService.Server.Tests;

/// <summary>Begins so many calls a second, however long the ones before take.</summary>
internal sealed class PacedCalls : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private readonly int _perSecond;
    private readonly Func<int, Task> _call;
    private readonly ConcurrentDictionary<Task, bool> _open = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _work;
    private int _begun;

    private PacedCalls(int perSecond, Func<int, Task> call)
    {
        _perSecond = perSecond;
        _call = call;
        _work = Task.Run(RunAsync, Cancelled);
    }

    public int Begun => Volatile.Read(ref _begun);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <param name="call">Gets its number, from 0 on.</param>
    public static PacedCalls Start(int perSecond, Func<int, Task> call) => new(perSecond, call);

    /// <summary>Begins no more, and waits for those that are under way. What one of all calls threw flies from here.</summary>
    public async Task EndAsync()
    {
        await _end.CancelAsync();
        await _work;
        await Task.WhenAll(_open.Keys);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        using var beat = new PeriodicTimer(Pause);
        while (!_end.IsCancellationRequested && await beat.WaitForNextTickAsync(Cancelled))
        {
            // A tick may come late on a busy machine: what is due by now begins now.
            while (_begun < _perSecond * TimeProvider.System.GetElapsedTime(began).TotalSeconds)
            {
                var call = _call(_begun);
                Interlocked.Increment(ref _begun);
                _open.TryAdd(call, true);
                _ = call.ContinueWith(done => _open.TryRemove(done, out _), Cancelled, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            }
        }
    }
}
