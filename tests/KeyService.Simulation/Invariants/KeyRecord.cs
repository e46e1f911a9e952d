using KeyService.Core.Keys;
using KeyService.Simulation.VirtualTime;

namespace KeyService.Simulation.Invariants;

/// <summary>What the simulation itself knows of a key, in true time and not by the dates that the product planned.</summary>
internal sealed class KeyRecord(string set, Key key, DateTimeOffset saved, TimeSpan propagation)
{
    public string Set => set;

    public string Kid { get; } = key.Kid;

    public string Label { get; } = key.Label;

    /// <summary>When it first stood in the store.</summary>
    public DateTimeOffset Saved => saved;

    public TimeSpan Propagation => propagation;

    /// <summary>True where it may sign before verifiers can know it: first of its signer, an emergency, successor of a revoked key.</summary>
    public bool IsExempt { get; set; }

    public DateTimeOffset? Revoked { get; set; }

    /// <summary>When its end was planned for the last time.</summary>
    public DateTimeOffset EndPlanned { get; set; }

    /// <summary>What it signed: until when that lives, when it was signed, and by which process.</summary>
    public List<(DateTimeOffset ExpiresAt, DateTimeOffset SignedAt, Lane Process)> Tokens { get; } = [];

    /// <summary>As it is stored now.</summary>
    public Key Key { get; set; } = key;
}
