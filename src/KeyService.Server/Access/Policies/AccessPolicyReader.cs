using System.Text;
using KeyService.Core.Keys;
using KeyService.Server.Configuration;
using YamlDotNet.Core;

namespace KeyService.Server.Access.Policies;

/// <summary>Reads the policy file strictly: anything unknown, of the wrong type, twice or out of range is refused with its line and path.</summary>
internal sealed class AccessPolicyReader
{
    /// <summary>Longest policy file: 1 MiB, some thousand principals.</summary>
    public const int MaxBytes = 1 << 20;

    private const int MaxRate = 1_000_000;
    private const int MaxConcurrency = 65_536;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly StrictYaml _yaml;
    private readonly List<string> _problems = [];

    private AccessPolicyReader(StrictYaml yaml) => _yaml = yaml;

    /// <param name="file">Its name, for what is told of it.</param>
    /// <exception cref="SettingsException">With every problem.</exception>
    public static AccessPolicy Read(ReadOnlySpan<byte> utf8, string file)
    {
        if (utf8.Length > MaxBytes)
            throw new SettingsException([$"{file}: it is longer than {MaxBytes} bytes"]);
        try
        {
            var yaml = StrictYaml.Read(StrictUtf8.GetString(utf8));
            var reader = new AccessPolicyReader(yaml);
            var policy = reader.Read(new SettingsReader(yaml.Section, reader._problems));
            return reader._problems.Count == 0 ? policy : throw new SettingsException([.. reader._problems.Select(problem => yaml.Locate(file, problem))]);
        }
        catch (YamlException e)
        {
            throw new SettingsException([$"{file}:{e.Start.Line}: {e.Message}"]);
        }
        catch (DecoderFallbackException)
        {
            throw new SettingsException([$"{file}: it is not UTF-8"]);
        }
    }

    private AccessPolicy Read(SettingsReader root)
    {
        if (root.RequiredText("version") is { Length: > 0 } version && version != "1")
            root.Problem("version", $"must be 1, not '{version}'");
        var policy = new AccessPolicy
        {
            Principals = [.. Items(root, "principals", required: true).Select(ReadPrincipal)],
            PrivateJwks = root.Has("privateJwks") ? KeySets(root, "privateJwks") : [],
        };
        root.RefuseOthers();
        foreach (var twice in policy.Principals.GroupBy(principal => principal.Name).Where(group => group.Key.Length > 0 && group.Count() > 1))
            root.Problem("principals", $"name '{twice.Key}' twice, at the lines {string.Join(" and ", twice.Select(principal => principal.Line))}");
        return policy;
    }

    private Principal ReadPrincipal(SettingsReader section)
    {
        var name = section.RequiredText("name");
        if (name.Length > 0 && !KeySetRules.IsName(name))
            section.Problem("name", KeySetRules.NameRule);
        var limits = section.Section("limits");
        var principal = new Principal
        {
            Name = name,
            Line = _yaml.LineOf(section.Path),
            Match = [.. Items(section, "match", required: true).Select(item => new CallerMatchReader(item, _problems).Read())],
            Grants = [.. Items(section, "grants", required: true).Select(ReadGrant)],
            Limits = new PrincipalLimits(
                limits.OptionalInteger("requestsPerSecond", 1, MaxRate), limits.OptionalInteger("concurrentSigns", 1, MaxConcurrency)),
        };
        limits.RefuseOthers();
        section.RefuseOthers();
        return principal;
    }

    private Grant ReadGrant(SettingsReader section)
    {
        var permissions = Permissions.None;
        foreach (var word in Texts(section, "permissions"))
        {
            var permission = word switch { "sign" => Permissions.Sign, "read" => Permissions.Read, "rotate" => Permissions.Rotate, "admin" => Permissions.Admin, _ => Permissions.None };
            if (permission == Permissions.None || (permissions & permission) != 0)
                section.Problem("permissions", permission == Permissions.None ? $"must be of sign, read, rotate and admin, not '{word}'" : $"name {word} twice");
            permissions |= permission;
        }

        var claims = section.Has("claims") ? ReadClaims(section.Section("claims")) : null;
        var signs = (permissions & Permissions.Sign) != 0;
        if (!signs && claims is not null)
            section.Problem("claims", "say what may be signed, but the permission sign is not among the permissions");
        if (!signs && section.Has("rawSign"))
            section.Problem("rawSign", "says what may be signed, but the permission sign is not among the permissions");
        var raw = section.Flag("rawSign", fallback: claims is null);
        if (raw && claims is not null)
            section.Problem("rawSign", "must not be true beside claims: whoever signs raw bytes signs any claims");
        var grant = new Grant { Line = _yaml.LineOf(section.Path), KeySets = KeySets(section, "keySets"), Permissions = permissions, RawSign = raw, Claims = claims };
        section.RefuseOthers();
        return grant;
    }

    private ClaimsPolicy ReadClaims(SettingsReader section)
    {
        var claims = new ClaimsPolicy
        {
            Issuers = OptionalTexts(section, "issuers"),
            Subjects = OptionalTexts(section, "subjects"),
            Audiences = OptionalTexts(section, "audiences"),
            Types = OptionalTexts(section, "types"),
            MaxLifetime = section.OptionalDuration("maxLifetime", TimeSpan.FromSeconds(1), KeySetRules.LongestTokenLifetime),
            Required = OptionalTexts(section, "required") ?? [],
            Forbidden = OptionalTexts(section, "forbidden") ?? [],
        };
        foreach (var both in claims.Required.Intersect(claims.Forbidden, StringComparer.Ordinal))
            section.Problem("forbidden", $"names '{both}', which is required");
        section.RefuseOthers();
        return claims;
    }

    private NamePattern[] KeySets(SettingsReader section, string key)
    {
        var patterns = Texts(section, key).Select(text => new NamePattern(text)).ToArray();
        foreach (var pattern in patterns)
        {
            // A prefix is the beginning of a name: with a letter after it, it must be one.
            if (!KeySetRules.IsName(pattern.IsPrefix ? pattern.Stem + "x" : pattern.Stem))
                section.Problem(key, $"must be names of key sets, or beginnings of names with '*' after them, not '{pattern}'");
        }

        return patterns;
    }

    private IReadOnlyList<string>? OptionalTexts(SettingsReader section, string key) => section.Has(key) ? Texts(section, key) : null;

    private IReadOnlyList<string> Texts(SettingsReader section, string key)
    {
        var isMap = _yaml.IsMap($"{section.Path}:{key}");
        if (isMap || section.List(key) is not { } texts)
        {
            section.Problem(key, isMap ? "must be a list, not a map" : "is missing");
            section.Children(key); // told, so not unknown besides
            return [];
        }

        if (texts.Distinct(StringComparer.Ordinal).Count() < texts.Count)
            section.Problem(key, "holds a value twice");
        return texts;
    }

    private IReadOnlyList<SettingsReader> Items(SettingsReader section, string key, bool required)
    {
        var items = section.Children(key);
        if (_yaml.IsMap($"{section.Path}:{key}"))
            section.Problem(key, "must be a list, not a map");
        else if (items.Count == 0 && required)
            section.Problem(key, section.Has(key) ? "must not be empty" : "is missing");
        return items;
    }
}
