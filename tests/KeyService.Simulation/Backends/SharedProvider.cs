using System.Globalization;
using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Simulation.Planted;
using KeyService.Simulation.VirtualTime;

namespace KeyService.Simulation.Backends;

/// <summary>
/// The one backend behind all replicas' providers. The probe of a new key is really signed, so that it proves something; what
/// clients are given are symbols, handle and digest hashed, since nothing of the product looks into them.
/// </summary>
internal sealed class SharedProvider(string name, Scheduler scheduler, Random random, Weather weather, Func<int> nextKey, Bug bug)
{
    private readonly SortedDictionary<string, HeldKey> _byLabel = new(StringComparer.Ordinal);
    private readonly Dictionary<KeyHandle, HeldKey> _byHandle = [];
    private int _made;

    public string Name => name;

    /// <summary>Called before a key of this handle is destroyed.</summary>
    public Action<HeldKey> Destroying { get; set; } = _ => { };

    public IEnumerable<HeldKey> All => _byLabel.Values;

    public bool Holds(KeyHandle handle) => _byHandle.ContainsKey(handle);

    public ProviderKey Create(string asked)
    {
        Throttle();
        var label = bug.Label(asked, _made);
        if (!_byLabel.TryGetValue(label, out var held))
        {
            var lag = weather.Happens(0.3) ? TimeSpan.FromSeconds(3) * random.NextDouble() : TimeSpan.Zero;
            var key = KeyPool.Get(bug.ReusesKeys ? 0 : nextKey());
            held = new HeldKey(label, new KeyHandle($"{name}-{(++_made).ToString(CultureInfo.InvariantCulture)}"), key, scheduler.Now + lag);
            _byLabel.Add(label, held);
            _byHandle.Add(held.Handle, held);
        }

        return held.Description;
    }

    public byte[] Sign(KeyHandle handle, ReadOnlyMemory<byte> digest, bool isProbe)
    {
        Throttle();
        if (!_byHandle.TryGetValue(handle, out var held) || scheduler.Now < held.SeenFrom)
            throw new KeyServiceException(KeyServiceError.KeyNotFound, "There is no such key.");
        return isProbe ? held.Key.Pair.SignHash(digest.Span) : Symbol(handle, digest.Span);
    }

    public IReadOnlyList<ProviderKey> Find(string prefix)
    {
        Throttle();
        return [.. _byLabel.Values.Where(held => held.Label.StartsWith(prefix, StringComparison.Ordinal)).Select(held => held.Description)];
    }

    public bool Destroy(KeyHandle handle)
    {
        Throttle();
        if (bug.DestroysNothing || !_byHandle.TryGetValue(handle, out var held))
            return true;
        Destroying(held);
        _byHandle.Remove(handle);
        return _byLabel.Remove(held.Label);
    }

    private static byte[] Symbol(KeyHandle handle, ReadOnlySpan<byte> digest)
    {
        Span<byte> input = stackalloc byte[96];
        var length = System.Text.Encoding.UTF8.GetBytes(handle.Value, input);
        digest.CopyTo(input[length..]);
        var symbol = new byte[64];
        SHA256.HashData(input[..(length + digest.Length)], symbol);
        return symbol;
    }

    private void Throttle()
    {
        if (weather.Happens(0.02))
            throw new KeyServiceException(KeyServiceError.ProviderThrottled, "Too many calls.");
    }
}
