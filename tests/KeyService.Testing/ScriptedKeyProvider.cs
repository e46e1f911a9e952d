using System.Collections.Concurrent;
using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Testing;

/// <summary>
/// A fake provider for tests of what stands in front of a provider: real ES256 keys in plain memory, and a script for what
/// befalls each call. Without one, calls complete on the caller's thread.
/// </summary>
public sealed class ScriptedKeyProvider(string name) : IKeyProvider
{
    private readonly ConcurrentDictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);
    private int _calls;
    private int _running;
    private int _mostAtATime;

    /// <summary>Awaited within each call, which is named: create, sign, find, disable, destroy, check.</summary>
    public Func<string, CancellationToken, ValueTask> Script { get; set; } = static (_, _) => ValueTask.CompletedTask;

    /// <summary>Changes a signature before it is handed out.</summary>
    public Func<byte[], byte[]> Alter { get; set; } = static signature => signature;

    /// <summary>What <see cref="LargestInput"/> says for ES256.</summary>
    public int Largest { get; set; } = SigningAlgorithm.ES256.DigestLength;

    public string Name => name;

    /// <summary>Signatures that were asked for.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public int MostAtATime => Volatile.Read(ref _mostAtATime);

    /// <summary>Every call fails in this way.</summary>
    public void FailWith(KeyServiceError error, TimeSpan? retryAfter = null) =>
        Script = (_, _) => throw new KeyServiceException(error, $"{name} fails.") { RetryAfter = retryAfter };

    /// <summary>No call is answered before its token falls.</summary>
    public void Hang() => Script = static async (_, token) => await Task.Delay(Timeout.Infinite, token);

    /// <summary>All is well.</summary>
    public void Recover() => Script = static (_, _) => ValueTask.CompletedTask;

    public int LargestInput(SigningAlgorithm algorithm) => algorithm == SigningAlgorithm.ES256 ? Largest : 0;

    public async Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken)
    {
        await Script("create", cancellationToken);
        return Describe(label, _keys.GetOrAdd(label, static _ => ECDsa.Create(ECCurve.NamedCurves.nistP256)));
    }

    public async ValueTask<byte[]> SignAsync(
        KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        var running = Interlocked.Increment(ref _running);
        while (Volatile.Read(ref _mostAtATime) is var most && running > most)
            Interlocked.CompareExchange(ref _mostAtATime, running, most);
        try
        {
            await Script("sign", cancellationToken);
            if (!_keys.TryGetValue(key.Value, out var held))
                throw new KeyServiceException(KeyServiceError.KeyNotFound, "There is no such key.");
            lock (held)
                return Alter(held.SignHash(input.Span));
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public async Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken)
    {
        await Script("find", cancellationToken);
        return [.. _keys.Where(key => key.Key.StartsWith(labelPrefix, StringComparison.Ordinal)).OrderBy(key => key.Key, StringComparer.Ordinal).Select(key => Describe(key.Key, key.Value))];
    }

    public Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken) => Script("disable", cancellationToken).AsTask();

    public async Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken)
    {
        await Script("destroy", cancellationToken);
        Forget(key);
    }

    /// <summary>Loses a key behind everyone's back.</summary>
    public void Forget(KeyHandle key) => _keys.TryRemove(key.Value, out _);

    public Task CheckAsync(CancellationToken cancellationToken) => Script("check", cancellationToken).AsTask();

    public ValueTask DisposeAsync()
    {
        foreach (var key in _keys.Values)
            key.Dispose();
        _keys.Clear();
        return ValueTask.CompletedTask;
    }

    private static ProviderKey Describe(string label, ECDsa key)
    {
        lock (key)
            return new ProviderKey(label, new KeyHandle(label), key.ExportSubjectPublicKeyInfo());
    }
}
