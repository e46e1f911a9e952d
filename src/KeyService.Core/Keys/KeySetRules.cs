using System.Buffers;
using KeyService.Core.Signing;

namespace KeyService.Core.Keys;

/// <summary>What a key set may be: names, ranges and defaults, the same for the settings and the API.</summary>
public static class KeySetRules
{
    public const string NameRule = "must be 1 to 63 characters out of a-z, 0-9, '.', '_' and '-', with a letter or digit at both ends";
    public const int MaxSigners = 8;
    public const int MaxIssuerLength = 512;
    public static readonly TimeSpan LongestPropagation = TimeSpan.FromDays(30);
    public static readonly TimeSpan ShortestTokenLifetime = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestTokenLifetime = TimeSpan.FromDays(400);
    public static readonly TimeSpan ShortestRotationPeriod = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestRotationPeriod = TimeSpan.FromDays(3650);
    public static readonly TimeSpan LongestRetention = TimeSpan.FromDays(3650);
    public static readonly TimeSpan LongestClockSkew = TimeSpan.FromHours(1);

    /// <summary>RFC 3986 §2, less what starts a query or a fragment. Uri itself trims white space and lets line breaks pass.</summary>
    private static readonly SearchValues<char> IssuerCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/[]@!$&'()*+,;=%");

    public static KeySetPolicy Defaults { get; } = new()
    {
        Propagation = TimeSpan.FromHours(1),
        MaxTokenLifetime = TimeSpan.FromHours(1),
        Retention = TimeSpan.FromDays(7),
        ClockSkew = TimeSpan.FromSeconds(10),
    };

    /// <summary>Safe in URLs, labels, file names and logs, and alike in upper and lower case nowhere.</summary>
    public static bool IsName(string name)
    {
        return name.Length is >= 1 and <= 63 && IsEnd(name[0]) && IsEnd(name[^1]) && name.All(c => IsEnd(c) || c is '.' or '_' or '-');

        static bool IsEnd(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
    }

    /// <summary>A signer with the default modulus where the algorithm needs one and none is given.</summary>
    public static Signer Signer(SigningAlgorithm algorithm, string provider, int modulusBits) =>
        new(algorithm, provider, modulusBits == 0 && algorithm.KeyType == "RSA" ? 2048 : modulusBits);

    /// <summary>Why a name is no algorithm here.</summary>
    public static string WhyNot(string algorithm) => algorithm switch
    {
        ['H', 'S', ..] => $"'{algorithm}' is refused: it signs with a shared secret, which cannot be published for verifiers",
        "EdDSA" => "'EdDSA' names several algorithms: ask for Ed25519, which the key set may publish under the older name",
        "none" => "'none' is refused: an unsigned token proves nothing",
        _ => $"'{algorithm}' is unknown; known are {string.Join(", ", SigningAlgorithm.All.Select(known => known.Name).Order(StringComparer.Ordinal))}",
    };

    /// <summary>Everything that is wrong with a key set, each with the name of its member.</summary>
    /// <param name="providers">Names of the providers that there are.</param>
    public static IEnumerable<(string Member, string Problem)> Problems(KeySet keySet, IReadOnlySet<string> providers)
    {
        if (!IsName(keySet.Name))
            yield return ("Name", NameRule);
        if (keySet.Issuer is { } issuer && !IsIssuer(issuer))
            yield return ("Issuer", $"must be an https URL without query and fragment (http on a loopback host), at most {MaxIssuerLength} characters");

        var policy = keySet.Policy;
        if (Outside(policy.Propagation, TimeSpan.Zero, LongestPropagation))
            yield return ("Propagation", "must be 0 s to 30 days");
        if (Outside(policy.MaxTokenLifetime, ShortestTokenLifetime, LongestTokenLifetime))
            yield return ("MaxTokenLifetime", "must be 1 s to 400 days");
        if (Outside(policy.Retention, TimeSpan.Zero, LongestRetention))
            yield return ("Retention", "must be 0 s to 3650 days");
        if (Outside(policy.ClockSkew, TimeSpan.Zero, LongestClockSkew))
            yield return ("ClockSkew", "must be 0 s to 1 hour");
        if (policy.RotationPeriod is { } period && (Outside(period, ShortestRotationPeriod, LongestRotationPeriod) || period <= policy.Propagation))
            yield return ("RotationPeriod", "must be 1 s to 3650 days and longer than the propagation");

        if (keySet.Signers.Length is 0 or > MaxSigners)
            yield return ("Signers", $"must be 1 to {MaxSigners} signers");
        if (keySet.Signers.DistinctBy(signer => (signer.Algorithm, signer.Provider)).Count() != keySet.Signers.Length)
            yield return ("Signers", "must not hold two signers with equal algorithm and provider");
        foreach (var signer in keySet.Signers)
        {
            if (!providers.Contains(signer.Provider))
                yield return ("Signers", $"name provider '{signer.Provider}', which the settings of this server do not hold");
            if (signer.Algorithm.KeyType == "RSA" ? signer.ModulusBits is not (2048 or 3072 or 4096) : signer.ModulusBits != 0)
                yield return ("Signers", $"{signer.Algorithm}: the modulus must be 2048, 3072 or 4096 bits for RSA, and left out otherwise");
        }
    }

    private static bool Outside(TimeSpan value, TimeSpan min, TimeSpan max) => value < min || value > max;

    /// <summary>OpenID Connect Discovery 1.0 §3: an https URL with neither query nor fragment.</summary>
    private static bool IsIssuer(string issuer) =>
        issuer.Length is > 0 and <= MaxIssuerLength
        && Uri.TryCreate(issuer, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        && !issuer.AsSpan().ContainsAnyExcept(IssuerCharacters)
        && url.UserInfo.Length == 0;
}
