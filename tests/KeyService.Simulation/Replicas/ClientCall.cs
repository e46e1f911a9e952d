namespace KeyService.Simulation.Replicas;

/// <summary>A client's call for a signature, as it flows through the product: tells it from the probe of a new key.</summary>
internal sealed class ClientCall
{
    private static readonly AsyncLocal<ClientCall?> Flowing = new();

    public static ClientCall? Current
    {
        get => Flowing.Value;
        set => Flowing.Value = value;
    }

    /// <summary>When the replica took it up, and chose the keys of the homes that it may try.</summary>
    public required DateTimeOffset BeganAt { get; init; }
}
