using KeyService.Core.Providers;
using KeyService.Server.Guard;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Guard;

/// <summary>Puts providers of tests behind the real guard.</summary>
internal static class Guards
{
    /// <summary>One try for each call: for tests that count tries, and whose clock nobody moves while a retry waits.</summary>
    public static readonly GuardOptions OneTry = new() { Retries = 0 };

    private static readonly GuardMetrics Unwatched = new();

    public static GuardedKeyProvider Around(
        IKeyProvider provider, TimeProvider time, GuardOptions? options = null, GuardMetrics? metrics = null, ILogger<GuardedKeyProvider>? logger = null) =>
        new(provider, options ?? OneTry, metrics ?? Unwatched, logger ?? NullLogger<GuardedKeyProvider>.Instance, time);
}
