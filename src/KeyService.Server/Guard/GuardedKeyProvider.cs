using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Server.Audit;
using KeyService.Server.Signing;

namespace KeyService.Server.Guard;

/// <summary>
/// The one decorator, around every provider: deadline, bounded concurrency that is shared fairly, quota, retries within a budget,
/// circuit breaker, verification of what was signed, metrics.
/// </summary>
internal sealed class GuardedKeyProvider : IKeyProvider, IProcessBound
{
    private readonly IKeyProvider _inner;
    private readonly GuardOptions _options;
    private readonly Breaker _breaker;
    private readonly Breaker _keyBreaker;
    private readonly FairSlots _slots;
    private readonly SigningCalls _signing;
    private readonly KeyCalls _keys;
    private readonly KeyChangeAudit? _audit;

    /// <param name="audit">Null where no audit log is written.</param>
    public GuardedKeyProvider(
        IKeyProvider inner, GuardOptions options, GuardMetrics metrics, ILogger<GuardedKeyProvider> logger, TimeProvider time, KeyChangeAudit? audit = null)
    {
        _audit = audit;
        _inner = inner;
        _options = options;
        _breaker = new Breaker(inner.Name, options.SigningBreaker, time);
        _keyBreaker = new Breaker(inner.Name, options.KeyBreaker, time);
        _slots = new FairSlots(inner.Name, options.MaxConcurrency, options.MaxQueue, time);
        var deadlines = new Deadlines(time);
        var budget = new RetryBudget(time);
        var verification = new LocalVerification(inner.Name, options.VerifySignatures, metrics, logger);
        _signing = new SigningCalls(inner, options, _breaker, _slots, budget, deadlines, verification, metrics, time);
        _keys = new KeyCalls(inner.Name, options, _keyBreaker, budget, deadlines, metrics, time);
        metrics.Watch(inner.Name, _breaker, _keyBreaker, _slots, inner as ISessionPool);
    }

    public string Name => _inner.Name;

    public bool NeedsNewProcess => _inner is IProcessBound { NeedsNewProcess: true };

    /// <summary>True while a signature that another provider can make as well had better be asked of that one.</summary>
    public bool IsAvoided => _signing.IsAvoided;

    /// <summary>True from when the backend did not answer again and again, for signatures or for keys, until a call finds it back.</summary>
    public bool IsAway => !_breaker.IsClosed(out _) || !_keyBreaker.IsClosed(out _);

    public int LargestInput(SigningAlgorithm algorithm) => _inner.LargestInput(algorithm);

    /// <summary>Signs with a key whose signatures can be verified.</summary>
    /// <exception cref="KeyServiceException">As the provider answers, but never KeyNotFound; ProviderBusy, or InvalidArgument for a digest of the wrong length.</exception>
    public ValueTask<byte[]> SignAsync(in SignAttempt attempt, CancellationToken cancellationToken) => _signing.SignAsync(attempt, cancellationToken);

    public ValueTask<byte[]> SignAsync(KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        var attempt = new SignAttempt("", new GuardedKey(Name, key, algorithm, publicKey: null), new SignerInput(input, algorithm.TakesDigest), SignAttempt.Patience, HasOtherHome: false);
        return _signing.SignAsync(attempt, cancellationToken);
    }

    public Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken)
    {
        return _audit is null ? CreateAsync() : _audit.CreateAsync(Name, label, spec.Algorithm, CreateAsync);

        Task<ProviderKey> CreateAsync() => _keys.RunAsync("create key", token => _inner.CreateKeyAsync(label, spec, token), cancellationToken);
    }

    public Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken) =>
        _keys.RunAsync("find keys", token => _inner.FindKeysAsync(labelPrefix, token), cancellationToken);

    public Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken)
    {
        return _audit is null ? DisableAsync() : _audit.DisableAsync(Name, key, DisableAsync);

        Task<bool> DisableAsync() => RunAsync("disable key", token => _inner.DisableKeyAsync(key, token), cancellationToken);
    }

    public Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken)
    {
        return _audit is null ? DestroyAsync() : _audit.DestroyAsync(Name, key, DestroyAsync);

        Task<bool> DestroyAsync() => RunAsync("destroy key", token => _inner.DestroyKeyAsync(key, token), cancellationToken);
    }

    /// <summary>Also fails, and asks nobody, while the breaker turns signatures away.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_breaker.TurnsAway)
            throw _breaker.TurnedAway();
        await _keys.TryAsync(Answered(_inner.CheckAsync), _options.Timeout, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _slots.Dispose();
        return _inner.DisposeAsync();
    }

    private Task<bool> RunAsync(string act, Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        _keys.RunAsync(act, Answered(call), cancellationToken);

    private static Func<CancellationToken, Task<bool>> Answered(Func<CancellationToken, Task> call) => async token =>
    {
        await call(token);
        return true;
    };
}
