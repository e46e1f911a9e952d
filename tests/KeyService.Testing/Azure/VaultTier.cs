namespace KeyService.Testing.Azure;

/// <summary>What kinds of keys a vault holds (About keys: key types and protection methods).</summary>
public enum VaultTier
{
    /// <summary>Keys in software only.</summary>
    Standard,

    /// <summary>Keys in software and in hardware.</summary>
    Premium,

    /// <summary>Keys in hardware only, under other domain names.</summary>
    ManagedHsm,
}
