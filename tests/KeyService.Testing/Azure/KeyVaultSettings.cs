namespace KeyService.Testing.Azure;

/// <summary>What one test wants of its vault.</summary>
public sealed record KeyVaultSettings
{
    public VaultTier Tier { get; init; } = VaultTier.Standard;

    /// <summary>The resource that the challenge names and tokens must be for.</summary>
    public string Resource { get; init; } = "https://vault.azure.net";

    /// <summary>The challenge names <c>scope</c> in place of <c>resource</c>.</summary>
    public bool ChallengesWithScope { get; init; }

    /// <summary>A further host name for the certificate and the vault's addresses; tests must find the way there themselves.</summary>
    public string? HostName { get; init; }

    /// <summary>Days that a deleted key stays. 7 to 90.</summary>
    public int RecoverableDays { get; init; } = 90;

    public bool PurgeProtection { get; init; }

    /// <summary>How long a deletion is under way before the key is among the deleted ones.</summary>
    public TimeSpan DeletionTakes { get; init; } = TimeSpan.Zero;

    /// <summary>A rotation policy of the vault gives every new version an expiry.</summary>
    public TimeSpan? ExpiryPolicy { get; init; }

    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(1);
}
