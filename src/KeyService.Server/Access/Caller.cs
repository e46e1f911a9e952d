using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace KeyService.Server.Access;

/// <summary>Who calls, as far as it was proven. Which principal of the policy that is, the policy says.</summary>
internal sealed record Caller
{
    public static readonly Caller Anonymous = new() { Kind = CallerKind.Anonymous, Name = "anonymous" };

    public required CallerKind Kind { get; init; }

    /// <summary>For logs and for <c>policy test</c>: <c>spiffe://…</c>, <c>dns:…</c>, <c>subject:…</c>, <c>jwt:issuer#subject</c>, <c>uid:…,gid:…</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The SPIFFE ID, all DNS names, the subject, or the token's <c>sub</c>.</summary>
    public IReadOnlyList<string> Identities { get; init; } = [];

    /// <summary>Of a bearer token.</summary>
    public string? Issuer { get; init; }

    /// <summary>Of a bearer token: each claim's text, or texts where it is a list.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Claims { get; init; } = TokenClaims.None;

    /// <summary>When the certificate or token expires; null for what does not.</summary>
    public DateTimeOffset? Expires { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    public static Caller Spiffe(string id) => new() { Kind = CallerKind.Spiffe, Name = id, Identities = [id] };

    public static Caller Dns(params IReadOnlyList<string> names) =>
        new() { Kind = CallerKind.Dns, Name = $"dns:{names[0]}", Identities = names };

    public static Caller Subject(X500DistinguishedName name) =>
        new() { Kind = CallerKind.Subject, Name = $"subject:{NameOf(name)}", Identities = [NameOf(name)] };

    /// <summary>One way to write a distinguished name, from its encoding: what it was made from is kept as it came.</summary>
    public static string NameOf(X500DistinguishedName name) => new X500DistinguishedName(name.RawData).Name;

    public static Caller Jwt(string issuer, string? subject, IReadOnlyDictionary<string, IReadOnlyList<string>> claims) => new()
    {
        Kind = CallerKind.Jwt,
        Name = $"jwt:{issuer}#{subject}",
        Identities = subject is null ? [] : [subject],
        Issuer = issuer,
        Claims = claims,
    };

    public static Caller Unix(uint uid, uint gid) =>
        new() { Kind = CallerKind.Unix, Name = string.Create(CultureInfo.InvariantCulture, $"uid:{uid},gid:{gid}"), Uid = uid, Gid = gid };

    /// <summary>Whether the token has a claim with this value, or one that holds it.</summary>
    public bool Has(KeyValuePair<string, string> claim) => Claims.TryGetValue(claim.Key, out var values) && values.Contains(claim.Value, StringComparer.Ordinal);
}
