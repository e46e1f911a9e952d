using System.Collections.Concurrent;
using KeyService.Fuzz.Mutation;

namespace KeyService.Fuzz.Runs;

/// <summary>Throws inputs at targets in turn, on one thread of its own, and watches it from outside. A target is done with its first finding.</summary>
internal sealed class FuzzRun(IReadOnlyList<Target> targets, RunLimits limits)
{
    private static readonly TimeSpan WatchEvery = TimeSpan.FromMilliseconds(200);
    private readonly Dictionary<string, TargetFigures> _figures = targets.ToDictionary(target => target.Name, _ => new TargetFigures(), StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Finding> _findings = new(StringComparer.Ordinal);
    private readonly MemoryWatch _memory = new(limits);
    private long _began; // of the present input; 0 between inputs
    private int _seed;

    /// <summary>Plays the seeds from <paramref name="first"/> on.</summary>
    /// <param name="tell">Told each finding at once, and now and then which seed comes next: should the process die, the one that did it is not far.</param>
    public async Task<RunReport> PlayAsync(int first, int count, Action<string> tell)
    {
        var begin = TimeProvider.System.GetTimestamp();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var worker = new Thread(() => PlayAll(first, count, tell, end)) { IsBackground = true, Name = "inputs" }; // what hangs cannot be stopped, and must not keep the process
        worker.Start();
        using var tick = new PeriodicTimer(WatchEvery);
        while (!end.Task.IsCompleted)
        {
            await Task.WhenAny(end.Task, tick.WaitForNextTickAsync().AsTask());
            if (HangingSeed() is { } seed)
            {
                tell(Found(seed, $"it has not ended after {limits.Hang}").ToString());
                end.TrySetResult();
            }
        }

        await end.Task;
        return new RunReport([.. _findings.Values], _figures, TimeProvider.System.GetElapsedTime(begin), _memory);
    }

    private int? HangingSeed()
    {
        var (began, seed) = (Volatile.Read(ref _began), Volatile.Read(ref _seed));
        return began != 0 && TimeProvider.System.GetElapsedTime(began) > limits.Hang && Volatile.Read(ref _began) == began ? seed : null;
    }

    private void PlayAll(int first, int count, Action<string> tell, TaskCompletionSource end)
    {
        try
        {
            var block = Math.Max(1, count / limits.MemoryLooks);
            for (var i = 0; i < count; i++)
            {
                var seed = unchecked(first + i);
                if (i % block == 0)
                {
                    tell($"at seed {seed}");
                    if (MemoryGrew(seed, tell))
                        break;
                }

                if (Play(seed) is { } finding)
                    tell(finding.ToString());
            }

            MemoryGrew(unchecked(first + count - 1), tell);
            end.TrySetResult();
        }
        catch (Exception e)
        {
            end.TrySetException(e); // of a mutation, not of a target
        }
    }

    private bool MemoryGrew(int seed, Action<string> tell)
    {
        var growth = _memory.Look();
        if (growth is not null)
            tell(Found(seed, growth).ToString());
        return growth is not null;
    }

    private Finding? Play(int seed)
    {
        var target = Inputs.TargetOf(seed, targets);
        if (_findings.ContainsKey(target.Name))
            return null;
        var figures = _figures[target.Name];
        var input = Inputs.Make(target, seed);
        Volatile.Write(ref _seed, seed);
        var fault = Take(target, input, figures, out var elapsed);
        for (var again = 0; fault is null && elapsed > limits.Slow; again++)
        {
            if (again == 2)
            {
                fault = $"it took {elapsed} at best of three times";
                break;
            }

            Take(target, input, new TargetFigures(), out var next);
            elapsed = next < elapsed ? next : elapsed;
        }

        if (elapsed > figures.Slowest)
            (figures.Slowest, figures.SlowestSeed) = (elapsed, seed);
        return fault is null ? null : Found(seed, fault);
    }

    private string? Take(Target target, byte[] input, TargetFigures figures, out TimeSpan elapsed)
    {
        var began = TimeProvider.System.GetTimestamp();
        Volatile.Write(ref _began, began);
        string? fault = null;
        try
        {
            if (target.Take(input))
                figures.Accepted++;
            else
                figures.Refused++;
        }
        catch (Exception e) when (target.MayThrow(e))
        {
            figures.Refused++;
        }
        catch (BrokenRuleException e)
        {
            fault = e.Message;
        }
        catch (Exception e)
        {
            fault = e.ToString();
        }

        Volatile.Write(ref _began, 0);
        elapsed = TimeProvider.System.GetElapsedTime(began);
        figures.Spent += elapsed;
        return fault;
    }

    private Finding Found(int seed, string what)
    {
        var target = Inputs.TargetOf(seed, targets);
        return _findings.GetOrAdd(target.Name, new Finding(target.Name, seed, what, Inputs.Make(target, seed)));
    }
}
