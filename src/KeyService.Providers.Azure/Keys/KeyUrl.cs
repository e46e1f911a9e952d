using System.Diagnostics.CodeAnalysis;
using KeyService.Core.Providers;

namespace KeyService.Providers.Azure.Keys;

/// <summary>One version of a key: <c>{vault}/keys/{name}/{version}</c>, which is what a key handle of this provider holds.</summary>
internal readonly record struct KeyUrl(string Name, string Version)
{
    /// <summary>Reads the <c>kid</c> of an answer. Its host is not looked at: TLS has told who answered, and a private endpoint's name may differ.</summary>
    public static bool TryParseKid(string? kid, [NotNullWhen(true)] out KeyUrl? key)
    {
        key = Uri.TryCreate(kid, UriKind.Absolute, out var url) && url.AbsolutePath.Split('/') is ["", "keys", { Length: > 0 } name, { Length: > 0 } version]
            ? new KeyUrl(name, version)
            : null;
        return key is not null;
    }

    /// <summary>Reads a handle. The URL is built into requests, so its parts hold nothing but what names and versions do.</summary>
    public static bool TryParseHandle(KeyHandle handle, string vault, out KeyUrl key)
    {
        key = default;
        var prefix = vault + "keys/";
        if (!handle.Value.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        var rest = handle.Value.AsSpan(prefix.Length);
        var slash = rest.IndexOf('/');
        if (slash < 1 || !IsPlain(rest[..slash]) || !IsPlain(rest[(slash + 1)..]))
            return false;
        key = new KeyUrl(rest[..slash].ToString(), rest[(slash + 1)..].ToString());
        return true;
    }

    public KeyHandle Handle(string vault) => new($"{vault}keys/{Name}/{Version}");

    /// <summary>Names of keys mean the same in upper and lower case.</summary>
    public bool Matches(KeyUrl other) =>
        string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase) && string.Equals(Version, other.Version, StringComparison.OrdinalIgnoreCase);

    private static bool IsPlain(ReadOnlySpan<char> part)
    {
        foreach (var letter in part)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter != '-')
                return false;
        }

        return part.Length is > 0 and <= 127;
    }
}
