using System.Collections.Concurrent;
using KeyService.Core;
using KeyService.Server.Access.Policies;
using KeyService.Server.Guard;

namespace KeyService.Server.Access;

/// <summary>Holds principals to their limits, all callers of one together. There are no more meters than principals in the policies so far.</summary>
internal sealed class CallerLimits(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfterSign = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<string, Meter> _meters = new(StringComparer.Ordinal);

    /// <param name="requests">How many the call counts for; more than a second's worth count as just that.</param>
    /// <exception cref="KeyServiceException">CallerThrottled, with the time after which it may go.</exception>
    public Lease Enter(Principal principal, int requests, bool signs)
    {
        if (principal.Limits == PrincipalLimits.None)
            return default;
        var meter = _meters.AddOrUpdate(
            principal.Name,
            static (_, made) => new Meter(made.Limits, made.Time),
            static (_, present, made) => present.Limits == made.Limits ? present : new Meter(made.Limits, made.Time), // the policy was changed
            (principal.Limits, Time: time));
        if (meter.Bucket?.Take(Math.Min(requests, principal.Limits.RequestsPerSecond!.Value)) is { } wait && wait > TimeSpan.Zero) // a bucket has a rate
            throw new KeyServiceException(KeyServiceError.CallerThrottled, $"Principal '{principal.Name}' has had its {principal.Limits.RequestsPerSecond} requests per second.") { RetryAfter = wait };
        if (!signs || principal.Limits.ConcurrentSigns is not { } most)
            return default;
        if (Interlocked.Increment(ref meter.Signing) <= most)
            return new Lease(meter);
        Interlocked.Decrement(ref meter.Signing);
        throw new KeyServiceException(KeyServiceError.CallerThrottled, $"Principal '{principal.Name}' has {most} signing calls under way, as many as it may.") { RetryAfter = RetryAfterSign };
    }

    /// <summary>A place among the signing calls, given back once.</summary>
    internal readonly record struct Lease(Meter? Meter) : IDisposable
    {
        public void Dispose()
        {
            if (Meter is not null)
                Interlocked.Decrement(ref Meter.Signing);
        }
    }

    internal sealed class Meter(PrincipalLimits limits, TimeProvider time)
    {
        public int Signing;

        public PrincipalLimits Limits => limits;

        public TokenBucket? Bucket { get; } = limits.RequestsPerSecond is { } rate ? new TokenBucket(rate, Window, time) : null;
    }
}
