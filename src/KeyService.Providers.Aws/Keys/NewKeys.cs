using System.Collections.Concurrent;
using Amazon.KeyManagementService.Model;
using KeyService.Core;

namespace KeyService.Providers.Aws.Keys;

/// <summary>
/// The keys that this provider made just now. KMS is eventually consistent (Developer Guide, "Eventual consistency"): for a
/// while some of its hosts do not know a new key or alias yet, so what they say is asked for again. Tags take up to five minutes
/// until they count for authorization ("ABAC for AWS KMS"), so a denial may pass. Of any other key both are true.
/// </summary>
internal sealed class NewKeys(TimeProvider time)
{
    private static readonly TimeSpan NewFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, long> _made = new(StringComparer.Ordinal);

    /// <summary>Of a key that another process made, or this one before it was restarted: whether it is new, its age tells.</summary>
    public void AddIfYoung(KeyMetadata key)
    {
        if (time.GetUtcNow() - key.CreationDate?.ToUniversalTime() < NewFor)
            Add(key.Arn);
    }

    public void Add(string arn)
    {
        foreach (var (old, _) in _made.Where(made => time.GetElapsedTime(made.Value) > NewFor))
            _made.TryRemove(old, out _);
        _made[arn] = time.GetTimestamp();
    }

    /// <summary>What KMS says of it from now on is true: it was disabled or destroyed.</summary>
    public void Forget(string arn) => _made.TryRemove(arn, out _);

    /// <summary>Does something with a key and, where the key is new and not seen everywhere yet, does it again for a bounded time.</summary>
    public Task<TAnswer> WithAsync<TAnswer>(string arn, Func<Task<TAnswer>> use, CancellationToken cancellationToken) =>
        _made.IsEmpty || !IsNew(arn) ? use() : UntilAllowedAsync(static failure => MayPass(failure) || Failures.IsDenied(failure), use, cancellationToken);

    /// <summary>The same, but a denial is answered at once, as a failure that may pass.</summary>
    public Task<TAnswer> SignWithAsync<TAnswer>(string arn, Func<Task<TAnswer>> sign, CancellationToken cancellationToken) =>
        _made.IsEmpty || !IsNew(arn) ? sign() : UntilAllowedAsync(MayPass, sign, cancellationToken);

    /// <summary>Does something again, for a bounded time, until KMS sees what it acts on.</summary>
    public Task<TAnswer> UntilSeenAsync<TAnswer>(Func<Task<TAnswer>> use, CancellationToken cancellationToken) => UntilAsync(MayPass, use, cancellationToken);

    private async Task<TAnswer> UntilAllowedAsync<TAnswer>(Func<KeyServiceException, bool> mayPass, Func<Task<TAnswer>> use, CancellationToken cancellationToken)
    {
        try
        {
            return await UntilAsync(mayPass, use, cancellationToken);
        }
        catch (KeyServiceException denied) when (Failures.IsDenied(denied))
        {
            throw Failures.NotYetAllowed(denied); // the intent of the key stays, so that its making is tried again
        }
    }

    private async Task<TAnswer> UntilAsync<TAnswer>(Func<KeyServiceException, bool> mayPass, Func<Task<TAnswer>> use, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause < TimeSpan.FromSeconds(1) ? 2 * pause : pause)
        {
            try
            {
                return await use();
            }
            catch (KeyServiceException failure) when (mayPass(failure) && time.GetElapsedTime(since) + pause < LongestWait)
            {
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    private static bool MayPass(KeyServiceException failure) =>
        failure.Error == KeyServiceError.KeyNotFound || failure.InnerException is KMSInvalidStateException or DisabledException;

    private bool IsNew(string arn) => _made.TryGetValue(arn, out var at) && time.GetElapsedTime(at) <= NewFor;
}
