using System.Collections.Concurrent;

namespace KeyService.Standins.Tests.Transcoding;

/// <summary>What <see cref="RecordingInterceptor"/> saw.</summary>
internal sealed class RecordedCalls
{
    /// <summary>Method and request, as JSON, of each call.</summary>
    public ConcurrentQueue<(string Method, string Request)> All { get; } = new();
}
