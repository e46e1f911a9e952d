using System.Globalization;
using KeyService.Server.Configuration;

namespace KeyService.Server.Guard;

/// <summary>How a provider is guarded: the settings that every type of provider has, and what follows from its type.</summary>
internal sealed record GuardOptions
{
    public static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(50);
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Making a key takes longer than signing with it: as many times the <see cref="Timeout"/>.</summary>
    private const int KeyCallFactor = 15;

    /// <summary>How long one try of a signature may take, its wait for a slot included. Null where the provider bounds its calls itself.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The same for making, finding, disabling and destroying keys.</summary>
    public TimeSpan? KeyTimeout => Timeout * KeyCallFactor;

    /// <summary>Signatures that are asked of the provider at a time. 1 to 4096, default 64.</summary>
    public int MaxConcurrency { get; init; } = 64;

    /// <summary>Callers that may wait for a slot. 0 to 65536, default 1024.</summary>
    public int MaxQueue { get; init; } = 1024;

    /// <summary>Null where there is no limit of ours.</summary>
    public QuotaOptions? Quota { get; init; }

    public SignatureCheck VerifySignatures { get; init; } = SignatureCheck.Always;

    /// <summary>How often a call is tried again after a passing failure.</summary>
    public int Retries { get; init; } = 2;

    public BreakerOptions SigningBreaker { get; init; } = BreakerOptions.Signing;

    public BreakerOptions KeyBreaker { get; init; } = BreakerOptions.Keys;

    /// <summary>The settings by name, for people.</summary>
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        [nameof(Timeout)] = Timeout is { } timeout ? DurationText.Format(timeout) : "as the provider bounds its calls",
        [nameof(MaxConcurrency)] = MaxConcurrency.ToString(CultureInfo.InvariantCulture),
        [nameof(MaxQueue)] = MaxQueue.ToString(CultureInfo.InvariantCulture),
        [nameof(Quota)] = Quota?.ToString() ?? "none",
        [nameof(VerifySignatures)] = VerifySignatures.ToString(),
    };
}
