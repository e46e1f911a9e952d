namespace KeyService.Server.Access;

/// <summary>The form of a SPIFFE ID (SPIFFE-ID §2): scheme, trust domain, path; no query, no empty or relative segments.</summary>
internal static class SpiffeId
{
    public const string Scheme = "spiffe://";
    private const int MaxLength = 2048;
    private const int MaxTrustDomainLength = 255;

    public static bool IsId(string text)
    {
        if (text.Length > MaxLength || !text.StartsWith(Scheme, StringComparison.Ordinal))
            return false;
        var segments = text[Scheme.Length..].Split('/');
        return segments[0].Length is > 0 and <= MaxTrustDomainLength
            && segments[0].All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_')
            && segments.Skip(1).All(static segment => segment is not ("" or "." or "..")
                && segment.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));
    }
}
