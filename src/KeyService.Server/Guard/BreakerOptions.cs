namespace KeyService.Server.Guard;

/// <summary>When a backend that fails is left alone, and for how long.</summary>
/// <param name="Window">Calls of this long are judged. At least 500 ms.</param>
/// <param name="MinimumCalls">Fewer calls in the window say nothing. At least 2.</param>
/// <param name="FirstRest">The first rest; each that follows without a success between is twice as long.</param>
internal sealed record BreakerOptions(TimeSpan Window, int MinimumCalls, TimeSpan FirstRest, TimeSpan LongestRest)
{
    /// <summary>Half of the calls in the window failed: fewer, and a rest would harm more callers than the failures do.</summary>
    public const double FailureRatio = 0.5;

    /// <summary>A short window, so that a backend that stops among thousands of good answers is noticed within about a second.</summary>
    public static readonly BreakerOptions Signing = new(TimeSpan.FromSeconds(3), 3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    /// <summary>Calls for keys are rare, and each may take its long time to fail: then the worker must not wait for one after the other.</summary>
    public static readonly BreakerOptions Keys = new(TimeSpan.FromMinutes(5), 3, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
}
