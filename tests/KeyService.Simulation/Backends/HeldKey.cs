using KeyService.Core.Providers;

namespace KeyService.Simulation.Backends;

/// <summary>A key that a provider holds.</summary>
/// <param name="SeenFrom">Eventual consistency: before this the provider makes it and does not find it.</param>
internal sealed record HeldKey(string Label, KeyHandle Handle, PoolKey Key, DateTimeOffset SeenFrom)
{
    public ProviderKey Description => new(Label, Handle, Key.SubjectPublicKeyInfo);
}
