using KeyService.Server.Configuration;

namespace KeyService.Server.Guard;

/// <summary>
/// Section <c>Quota</c> of a provider: how many signatures we ask of it at most, so that its own limits, which other programs may
/// share, are not what stops us. Each number is absent or at least 1; absent is unlimited.
/// </summary>
internal sealed record QuotaOptions
{
    public const int Most = 1_000_000;

    /// <summary>The time that the numbers are for. 100 ms to 1 min, default 1 s. Azure counts in 10 s.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Signatures by RSA keys. AWS KMS counts the three families apart (developer guide, "Request quotas").</summary>
    public int? Rsa { get; init; }

    /// <summary>Signatures by keys on elliptic curves, Ed25519 among them.</summary>
    public int? Ecc { get; init; }

    public int? MlDsa { get; init; }

    /// <summary>Of all families together, each signature counted by its weight. Azure Key Vault enforces such a sum ("Azure Key Vault service limits").</summary>
    public int? Total { get; init; }

    /// <summary>What a signature by RSA-3072 takes of <see cref="Total"/>. 1 to 1000, default 1; 4 for Key Vault.</summary>
    public int Rsa3072Weight { get; init; } = 1;

    /// <summary>What a signature by RSA-4096 takes of <see cref="Total"/>. 1 to 1000, default 1; 8 for Key Vault.</summary>
    public int Rsa4096Weight { get; init; } = 1;

    public override string ToString()
    {
        (string Name, int? Permits)[] limits = [(nameof(Rsa), Rsa), (nameof(Ecc), Ecc), (nameof(MlDsa), MlDsa), (nameof(Total), Total)];
        var named = limits.Where(static limit => limit.Permits is not null).Select(static limit => $"{limit.Name} {limit.Permits}");
        return $"{string.Join(", ", named)} in {DurationText.Format(Window)}";
    }
}
