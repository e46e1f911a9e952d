using KeyService.Simulation.VirtualTime;

namespace KeyService.Simulation.Backends;

/// <summary>
/// What lies between one process and a backend: a call takes time on its way there and back, and may be lost on either. One
/// that is under way arrives even if its caller has died or given up meanwhile.
/// </summary>
/// <param name="fail">The failure that a caller sees whose call was lost.</param>
internal sealed class Wire(Scheduler scheduler, Random random, Weather weather, WireFaults faults, Func<Exception> fail)
{
    /// <summary>True while nothing gets through.</summary>
    public bool IsCut { get; set; }

    public Task<T> CallAsync<T>(Func<T> effect, CancellationToken cancellationToken)
    {
        scheduler.RequireLoop();
        var answer = new TaskCompletionSource<T>();
        if (cancellationToken.CanBeCanceled)
            cancellationToken.UnsafeRegister(static (answer, token) => ((TaskCompletionSource<T>)answer!).TrySetCanceled(token), answer);
        if (IsCut || weather.Happens(faults.LostThere))
        {
            scheduler.After(Delay(), () => answer.TrySetException(fail()));
            return answer.Task;
        }

        scheduler.After(Delay(), () => Arrive(effect, answer));
        return answer.Task;
    }

    private void Arrive<T>(Func<T> effect, TaskCompletionSource<T> answer)
    {
        T result;
        try
        {
            result = effect();
        }
        catch (Exception refusal) // the caller's to deal with
        {
            scheduler.After(Delay(), () => answer.TrySetException(refusal));
            return;
        }

        if (IsCut || weather.Happens(faults.LostBack))
            scheduler.After(Delay(), () => answer.TrySetException(fail()));
        else
            scheduler.After(Delay(), () => answer.TrySetResult(result));
    }

    private TimeSpan Delay()
    {
        if (weather.Happens(faults.Slow))
            return faults.Slowest * random.NextDouble();
        return TimeSpan.FromMilliseconds(1 + (20 * random.NextDouble()));
    }
}
