namespace KeyService.Testing.Aws;

/// <summary>What a test orders to go wrong. Safe for concurrent use.</summary>
public sealed class AwsFaults
{
    private readonly Lock _lock = new();
    private readonly List<Order> _orders = [];
    private readonly HashSet<string> _locked = new(StringComparer.Ordinal);

    /// <summary>How long each call takes longer.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Every call meets it; null for none.</summary>
    public AwsFault? Always { get; set; }

    /// <summary>How often a new key or alias is answered with NotFoundException before it is seen (KMS Developer Guide, "Eventual consistency").</summary>
    public int HiddenReads { get; set; }

    /// <summary>The next calls meet a fault.</summary>
    /// <param name="operation">Only calls of this operation; null for any.</param>
    public void Next(AwsFault fault, int times = 1, string? operation = null)
    {
        lock (_lock)
            _orders.Add(new Order(fault, operation) { Left = times });
    }

    /// <summary>From now on the key's own policy denies us everything that names it.</summary>
    public void LockOut(string keyArn)
    {
        lock (_lock)
            _locked.Add(keyArn);
    }

    public void Clear()
    {
        lock (_lock)
        {
            _orders.Clear();
            _locked.Clear();
        }

        Always = null;
        Delay = TimeSpan.Zero;
        HiddenReads = 0;
    }

    internal bool IsLockedOut(string keyArn)
    {
        lock (_lock)
            return _locked.Contains(keyArn);
    }

    internal AwsFault? Take(string operation)
    {
        lock (_lock)
        {
            var order = _orders.Find(order => order.Operation is null || order.Operation == operation);
            if (order is null)
                return Always;
            if (--order.Left <= 0)
                _orders.Remove(order);
            return order.Fault;
        }
    }

    private sealed class Order(AwsFault fault, string? operation)
    {
        public AwsFault Fault => fault;

        public string? Operation => operation;

        public int Left { get; set; }
    }
}
