using KeyService.Core;

namespace KeyService.Server.Guard;

/// <summary>Whether and when a failed call is tried again. Pure.</summary>
internal static class RetryRule
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(40);

    /// <summary>What a try needs at the least: with less time left than this after the pause it is not worth making.</summary>
    private static readonly TimeSpan LeastTry = TimeSpan.FromMilliseconds(20);

    /// <summary>The pause before the next try; null where there is none.</summary>
    /// <param name="tries">How many were made.</param>
    /// <param name="left">Time until the caller gives up.</param>
    /// <param name="chance">Random, 0 to 1: spreads callers that failed in the same instant.</param>
    public static TimeSpan? PauseAfter(KeyServiceException failure, int tries, int mostRetries, TimeSpan left, double chance)
    {
        // A full queue of ours is not among them: who tries again would only stand in it once more.
        if (!failure.IsTransient || failure.Error is not (KeyServiceError.ProviderUnavailable or KeyServiceError.ProviderThrottled) || tries > mostRetries)
            return null;
        var pause = FirstPause * Math.Pow(2, tries - 1) * (0.5 + chance);
        if (failure.RetryAfter is { } asked)
            pause = asked + pause / 4; // never earlier than asked, and not all at the same instant
        return pause + LeastTry <= left ? pause : null;
    }
}
