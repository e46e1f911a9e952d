using KeyService.Core.Providers;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11.Signing;

/// <summary>
/// The threads of a queue: at most MaxSessions that work, fewer for a while where the token is short of something, and with those
/// that hang in the module and were written off twice as many. Under the queue's lock.
/// </summary>
internal sealed class SigningThreads(Pkcs11Options options, StuckCalls stuckOfProvider, TimeProvider time)
{
    private static readonly TimeSpan GrowAgain = TimeSpan.FromSeconds(30);

    private readonly List<SigningThread> _threads = [];
    private int _limit = options.MaxSessions;
    private long _limitedAt;

    /// <summary>How many of them wait for a call.</summary>
    public int Idle { get; set; }

    /// <summary>How many were written off and have not come back.</summary>
    public int Stuck { get; private set; }

    public int Working => _threads.Count - Idle;

    public bool IsNoneLeft => _threads.Count == 0;

    public bool MayReplace => _threads.Count + Stuck < 2 * options.MaxSessions;

    public bool AreTooMany => _threads.Count > _limit;

    public bool MayStart => _threads.Count < _limit && MayReplace;

    public SessionPoolUse Use(int waiting) => new(_limit, Working, Idle, stuckOfProvider.Count, waiting);

    public void Add(SigningThread thread) => _threads.Add(thread);

    public void Remove(SigningThread thread) => _threads.Remove(thread);

    /// <summary>Those whose call has been in the module for longer than CallTimeout.</summary>
    public SigningThread[] Overdue() =>
        [.. _threads.Where(thread => thread.Call is not null && time.GetElapsedTime(thread.StartedAt) >= options.CallTimeout)];

    /// <returns>How many sessions are used from now on.</returns>
    public int UseFewer()
    {
        _limit = Math.Max(1, Math.Min(_limit, _threads.Count) - 1);
        _limitedAt = time.GetTimestamp();
        return _limit;
    }

    public void GrowAfterAWhile()
    {
        if (_limit >= options.MaxSessions || time.GetElapsedTime(_limitedAt) < GrowAgain)
            return;
        _limit++;
        _limitedAt = time.GetTimestamp();
    }

    /// <summary>The token has no more sessions than these.</summary>
    public void LimitTo(nuint sessions)
    {
        const int others = 2; // the anchor, and the one that makes and finds keys
        if (sessions > others && sessions - others < (nuint)_limit)
            _limit = (int)sessions - others;
    }

    public void WriteOff(SigningThread thread)
    {
        thread.IsWrittenOff = true;
        _threads.Remove(thread);
        Stuck++;
        stuckOfProvider.Add();
    }

    /// <summary>A thread has done with its call.</summary>
    /// <returns>True where it was written off, and is to end.</returns>
    public bool Release(SigningThread thread)
    {
        thread.Call = null; // from here on the watch cannot reach the call by this thread
        if (!thread.IsWrittenOff)
            return false;
        Stuck--;
        stuckOfProvider.Remove();
        return true;
    }
}
