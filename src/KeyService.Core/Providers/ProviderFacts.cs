namespace KeyService.Core.Providers;

/// <summary>What a provider stands on, as far as its backend tells. Texts are for people; nothing here is a secret.</summary>
public sealed record ProviderFacts
{
    /// <summary>What the backend is, by name: maker, model, firmware, Region, vault.</summary>
    public required IReadOnlyDictionary<string, string> Backend { get; init; }

    /// <summary>The mechanisms or algorithms that the backend lists, in its own words. A hint: a probe signature is the proof.</summary>
    public required IReadOnlyList<string> Mechanisms { get; init; }

    /// <summary>The form in which the backend gives ECDSA signatures, and what becomes of it.</summary>
    public required string SignatureEncoding { get; init; }

    /// <summary>Sessions, quotas and sizes, by name.</summary>
    public required IReadOnlyDictionary<string, string> Limits { get; init; }

    /// <summary>The backend's clock less ours; null where it shows none.</summary>
    public TimeSpan? ClockSkew { get; init; }
}
