using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using KeyService.Server.Configuration;

namespace KeyService.Server.Access.Policies;

/// <summary>Reads one item of <c>match</c>: exactly one way in which a caller proves who it is.</summary>
internal sealed class CallerMatchReader(SettingsReader section, List<string> problems)
{
    private static readonly string[] Ways = ["spiffe", "dns", "subject", "jwt", "unix"];

    public CallerMatch Read()
    {
        var ways = Ways.Where(section.Has).ToArray();
        if (ways.Length != 1)
            problems.Add($"{section.Path} must have exactly one of {string.Join(", ", Ways)}");
        var match = ways.FirstOrDefault() switch
        {
            "spiffe" => Spiffe(section.RequiredText("spiffe")),
            "dns" => Dns(section.RequiredText("dns")),
            "subject" => Subject(section.RequiredText("subject")),
            "jwt" => Jwt(section.Section("jwt")),
            "unix" => Unix(section.Section("unix")),
            _ => new CallerMatch { Kind = CallerKind.Anonymous, Text = "" },
        };
        foreach (var way in ways.Skip(1))
            section.Children(way); // told above, so not unknown besides
        section.RefuseOthers();
        return match;
    }

    private CallerMatch Spiffe(string id)
    {
        var pattern = new NamePattern(id);
        // A prefix ends at a path segment: without the slash, spiffe://example.org* would also be example.org.evil.
        if (pattern.IsPrefix ? pattern.Stem is not [.. var parent, '/'] || !SpiffeId.IsId(parent) : !SpiffeId.IsId(id))
            section.Problem("spiffe", $"must be a SPIFFE ID such as {SpiffeId.Scheme}example.org/billing, or end in /* for all below, not '{id}'");
        return new CallerMatch { Kind = CallerKind.Spiffe, Identity = pattern, Text = $"spiffe {id}" };
    }

    private CallerMatch Dns(string name)
    {
        if (name.Length > 253 || Uri.CheckHostName(name) != UriHostNameType.Dns || name.Any(char.IsAsciiLetterUpper))
            section.Problem("dns", $"must be a DNS name in lower case, without wildcard, not '{name}'");
        return new CallerMatch { Kind = CallerKind.Dns, Identity = new NamePattern(name), Text = $"dns {name}" };
    }

    private CallerMatch Subject(string name)
    {
        try
        {
            var normal = Caller.NameOf(new X500DistinguishedName(name));
            if (normal.EndsWith('*'))
                section.Problem("subject", "must be the whole name, without '*'");
            return new CallerMatch { Kind = CallerKind.Subject, Identity = new NamePattern(normal), Text = $"subject {normal}" };
        }
        catch (CryptographicException)
        {
            section.Problem("subject", $"must be a distinguished name such as 'CN=ops, O=Example', not '{name}'");
            return new CallerMatch { Kind = CallerKind.Subject, Text = "subject" };
        }
    }

    private static CallerMatch Jwt(SettingsReader jwt)
    {
        var issuer = jwt.RequiredText("issuer");
        var subject = jwt.Text("subject");
        var claims = jwt.Children("claims").Select(Claim).ToArray();
        if (subject is null && claims.Length == 0)
            jwt.Problem("subject", "is missing, and claims too: every token of the issuer would match; write '*' if that is meant");
        jwt.RefuseOthers();
        return new CallerMatch
        {
            Kind = CallerKind.Jwt,
            Issuer = issuer,
            Identity = subject is null ? null : new NamePattern(subject),
            Claims = claims,
            Text = $"jwt of {issuer}{(subject is null ? "" : $", subject {subject}")}{string.Concat(claims.Select(claim => $", {claim.Key} {claim.Value}"))}",
        };
    }

    private static KeyValuePair<string, string> Claim(SettingsReader claim)
    {
        var pair = KeyValuePair.Create(claim.RequiredText("name"), claim.RequiredText("value"));
        claim.RefuseOthers();
        return pair;
    }

    private static CallerMatch Unix(SettingsReader unix)
    {
        var (uid, gid) = (Id("uid"), Id("gid"));
        if (uid is null && gid is null)
            unix.Problem("uid", "is missing, and gid too");
        unix.RefuseOthers();
        return new CallerMatch
        {
            Kind = CallerKind.Unix,
            Uid = uid,
            Gid = gid,
            Text = string.Create(CultureInfo.InvariantCulture, $"unix{(uid is null ? "" : $" uid {uid}")}{(gid is null ? "" : $" gid {gid}")}"),
        };

        uint? Id(string key) => (uint?)unix.OptionalInteger(key, 0, int.MaxValue);
    }
}
