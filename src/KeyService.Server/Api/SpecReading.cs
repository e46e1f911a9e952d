using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Protos.V1;
using KeyService.Server.Catalog;
using KeySet = KeyService.Core.Keys.KeySet;
using Signer = KeyService.Core.Keys.Signer;

namespace KeyService.Server.Api;

/// <summary>From the contract's <see cref="KeySetSpec"/> to the domain, checked.</summary>
internal sealed class SpecReading(KeyProviders providers)
{
    private static readonly ImmutableArray<string> Members =
        ["issuer", "signers", "propagation", "max_token_lifetime", "rotation_period", "retention", "clock_skew", "legacy_eddsa_name"];

    private readonly ImmutableSortedSet<string> _providers = [.. providers.All.Select(provider => provider.Name)];

    /// <exception cref="KeyServiceException">InvalidArgument naming the field.</exception>
    public KeySet NewKeySet(string name, KeySetSpec? spec, DateTimeOffset now)
    {
        if (spec is null)
            throw KeyServiceException.Invalid("spec", "spec is missing: it must hold at least one signer.");
        var bare = new KeySet { Name = RequestRules.KeySet(name), Created = now, Policy = KeySetRules.Defaults, Signers = [] };
        return Checked(Take(bare, spec, Present(spec)));
    }

    /// <summary>The members of <paramref name="spec"/> that the mask names, or else those that are present, over a key set.</summary>
    /// <exception cref="KeyServiceException">InvalidArgument naming the field.</exception>
    public KeySet Update(KeySet keySet, KeySetSpec? spec, FieldMask? mask)
    {
        spec ??= new KeySetSpec();
        var members = mask is { Paths.Count: > 0 } ? [.. mask.Paths] : Present(spec);
        if (members.FirstOrDefault(member => !Members.Contains(member)) is not null)
            throw KeyServiceException.Invalid("update_mask", $"update_mask must name members of spec: {string.Join(", ", Members)}.");
        if (members.Count == 0)
            throw KeyServiceException.Invalid("spec", "There is nothing to change: spec is empty.");
        return Checked(Take(keySet, spec, members));
    }

    private static HashSet<string> Present(KeySetSpec spec) =>
    [
        .. Members.Where(member => member switch
        {
            "issuer" => spec.Issuer.Length > 0,
            "signers" => spec.Signers.Count > 0,
            "propagation" => spec.Propagation is not null,
            "max_token_lifetime" => spec.MaxTokenLifetime is not null,
            "rotation_period" => spec.RotationPeriod is not null,
            "retention" => spec.Retention is not null,
            "clock_skew" => spec.ClockSkew is not null,
            _ => spec.HasLegacyEddsaName,
        }),
    ];

    private KeySet Take(KeySet keySet, KeySetSpec spec, HashSet<string> members)
    {
        var (policy, defaults) = (keySet.Policy, KeySetRules.Defaults);
        return keySet with
        {
            Issuer = members.Contains("issuer") ? spec.Issuer.Length > 0 ? spec.Issuer : null : keySet.Issuer,
            Signers = members.Contains("signers") ? [.. spec.Signers.Select(SignerOf)] : keySet.Signers,
            LegacyEdDsaName = members.Contains("legacy_eddsa_name") ? spec.LegacyEddsaName : keySet.LegacyEdDsaName,
            Policy = policy with
            {
                Propagation = Pick("propagation", spec.Propagation, policy.Propagation) ?? defaults.Propagation,
                MaxTokenLifetime = Pick("max_token_lifetime", spec.MaxTokenLifetime, policy.MaxTokenLifetime) ?? defaults.MaxTokenLifetime,
                RotationPeriod = Pick("rotation_period", spec.RotationPeriod, policy.RotationPeriod),
                Retention = Pick("retention", spec.Retention, policy.Retention) ?? defaults.Retention,
                ClockSkew = Pick("clock_skew", spec.ClockSkew, policy.ClockSkew) ?? defaults.ClockSkew,
            },
        };

        TimeSpan? Pick(string member, Duration? value, TimeSpan? present) => members.Contains(member) ? DurationOf(member, value) : present;
    }

    private static TimeSpan? DurationOf(string member, Duration? value)
    {
        // The range keeps the conversion from overflowing; KeySetRules knows the real ones.
        if (value is not null && (value.Nanos is < 0 or > 999_999_999 || value.Seconds is < 0 or > 1_000_000_000))
            throw KeyServiceException.Invalid($"spec.{member}", $"{member} is out of range or malformed.");
        return value?.ToTimeSpan();
    }

    private Signer SignerOf(Protos.V1.Signer signer, int index)
    {
        var algorithm = RequestRules.Algorithm(signer.Algorithm, $"spec.signers[{index}].algorithm")
            ?? throw KeyServiceException.Invalid($"spec.signers[{index}].algorithm", "The algorithm of a signer is missing.");
        var provider = signer.Provider.Length == 0 && _providers.Count == 1 ? _providers[0] : signer.Provider;
        if (!_providers.Contains(provider))
            throw KeyServiceException.Invalid($"spec.signers[{index}].provider", $"The provider must be one of this server's: {string.Join(", ", _providers)}.");
        return KeySetRules.Signer(algorithm, provider, signer.ModulusBits);
    }

    private KeySet Checked(KeySet keySet)
    {
        foreach (var (member, problem) in KeySetRules.Problems(keySet, _providers))
        {
            var field = member == "Name" ? "key_set" : "spec." + Members.First(name => name.Replace("_", "", StringComparison.Ordinal).Equals(member, StringComparison.OrdinalIgnoreCase));
            throw KeyServiceException.Invalid(field, $"{field} {problem}.");
        }

        return keySet;
    }
}
