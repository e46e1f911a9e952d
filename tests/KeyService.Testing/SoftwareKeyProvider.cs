using System.Globalization;
using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Testing;

/// <summary>
/// A fake provider for tests of crashes and faults only: real ES256 keys in plain memory. It can end the process before and
/// after each call that changes something, and refuse any call.
/// </summary>
public sealed class SoftwareKeyProvider(string name, CrashPoints points) : IKeyProvider
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (KeyHandle Handle, ECDsa Key)> _keys = new(StringComparer.Ordinal);
    private int _made;

    /// <summary>Which failure a call meets, by its name: create, sign, find, destroy, check. Null for none.</summary>
    public Func<string, KeyServiceError?> Refuses { get; set; } = _ => null;

    /// <summary>Awaited within each creation: lets a test hold one up.</summary>
    public Func<string, Task> Creating { get; set; } = _ => Task.CompletedTask;

    public string Name => name;

    /// <summary>The labels of all keys that there are.</summary>
    public IReadOnlyList<string> Labels
    {
        get
        {
            lock (_lock)
                return [.. _keys.Keys];
        }
    }

    public int LargestInput(SigningAlgorithm algorithm) => algorithm == SigningAlgorithm.ES256 ? algorithm.DigestLength : 0;

    public async Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken)
    {
        await ArriveAsync("create");
        await Creating(label);
        points.Pass("before a key is made");
        var made = Make(label);
        points.Pass("after a key was made");
        return made;
    }

    public async ValueTask<byte[]> SignAsync(
        KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        await ArriveAsync("sign");
        points.Pass("before a signature");
        lock (_lock)
        {
            return _keys.Values.FirstOrDefault(held => held.Handle == key).Key?.SignHash(input.Span)
                ?? throw new KeyServiceException(KeyServiceError.KeyNotFound, "There is no such key.");
        }
    }

    public async Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken)
    {
        await ArriveAsync("find");
        lock (_lock)
            return [.. _keys.Where(key => key.Key.StartsWith(labelPrefix, StringComparison.Ordinal)).Select(key => Describe(key.Key))];
    }

    public Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken)
    {
        await ArriveAsync("destroy");
        points.Pass("before a key is destroyed");
        Destroy(key);
        points.Pass("after a key was destroyed");
    }

    public Task CheckAsync(CancellationToken cancellationToken) => ArriveAsync("check");

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            foreach (var (_, key) in _keys.Values)
                key.Dispose();
            _keys.Clear();
        }

        return ValueTask.CompletedTask;
    }

    private ProviderKey Make(string label)
    {
        lock (_lock)
        {
            if (!_keys.ContainsKey(label))
                _keys[label] = (new KeyHandle((++_made).ToString("x8", CultureInfo.InvariantCulture)), ECDsa.Create(ECCurve.NamedCurves.nistP256));
            return Describe(label);
        }
    }

    private void Destroy(KeyHandle handle)
    {
        lock (_lock)
        {
            foreach (var (label, held) in _keys.Where(key => key.Value.Handle == handle).ToArray())
            {
                held.Key.Dispose();
                _keys.Remove(label);
            }
        }
    }

    private ProviderKey Describe(string label) => new(label, _keys[label].Handle, _keys[label].Key.ExportSubjectPublicKeyInfo());

    /// <summary>Lets others in between, as a real provider would.</summary>
    private async Task ArriveAsync(string call)
    {
        await Task.Yield();
        if (Refuses(call) is { } error)
            throw new KeyServiceException(error, $"The provider refuses to {call}.");
    }
}
