namespace KeyService.Server.Configuration;

/// <summary>One item of <c>Auth:Jwt</c>: an issuer whose bearer tokens prove who a caller is.</summary>
internal sealed record JwtIssuerSettings
{
    private static readonly string[] Sources = ["MetadataAddress", "JwksUri", "JwksFile"];

    /// <summary>The tokens' <c>iss</c>, exactly.</summary>
    public required string Issuer { get; init; }

    /// <summary>One of these must be in the tokens' <c>aud</c>.</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary>https URL of the discovery document. One of the three sources must be there.</summary>
    public string? MetadataAddress { get; init; }

    /// <summary>https URL of the JWKS.</summary>
    public string? JwksUri { get; init; }

    /// <summary>Path of a file with the JWKS.</summary>
    public string? JwksFile { get; init; }

    /// <summary>PEM: what the server of the keys must come from, in place of the system's roots.</summary>
    public string? CaFile { get; init; }

    /// <summary>A file with a bearer token to fetch the keys with, read anew each time.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Claims that a token must have with just this value, or hold it where they are lists.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> RequiredClaims { get; init; }

    /// <summary>How much the issuer's clock may differ. 0 s to 5 min, default 30 s.</summary>
    public required TimeSpan ClockSkew { get; init; }

    /// <summary>How often the keys are fetched again at most, when a token names a key that is not among them. 1 s to 1 h, default 30 s.</summary>
    public required TimeSpan RefreshInterval { get; init; }

    public static JwtIssuerSettings Read(SettingsReader section)
    {
        var settings = new JwtIssuerSettings
        {
            Issuer = section.RequiredText("Issuer"),
            Audiences = Required(section, "Audiences"),
            MetadataAddress = KeyUrl(section, "MetadataAddress"),
            JwksUri = KeyUrl(section, "JwksUri"),
            JwksFile = section.Text("JwksFile"),
            CaFile = section.Text("CaFile"),
            TokenFile = section.SecretFile("TokenFile", required: false),
            RequiredClaims = [.. section.Children("RequiredClaims").Select(Claim)],
            ClockSkew = section.Duration("ClockSkew", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            RefreshInterval = section.Duration("RefreshInterval", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        };
        if (Sources.Count(section.Has) != 1)
            section.Problem("MetadataAddress", $"must be there, or one of {string.Join(" and ", Sources.Skip(1))}, and only one of the three");
        if (settings.JwksFile is not null && (section.Has("CaFile") || section.Has("TokenFile")))
            section.Problem("JwksFile", "is read without CaFile and TokenFile, which are for what is fetched");
        section.RefuseOthers();
        return settings;
    }

    private static IReadOnlyList<string> Required(SettingsReader section, string key)
    {
        var texts = section.List(key) ?? [];
        if (texts.Count == 0)
            section.Problem(key, "is missing: tokens that are meant for others must not be taken");
        return texts;
    }

    private static KeyValuePair<string, string> Claim(SettingsReader claim)
    {
        var pair = KeyValuePair.Create(claim.RequiredText("Name"), claim.RequiredText("Value"));
        claim.RefuseOthers();
        return pair;
    }

    /// <summary>https, for who answers there decides whom the service trusts; http on this machine only.</summary>
    private static string? KeyUrl(SettingsReader section, string key)
    {
        var text = section.Text(key);
        if (text is not null && !(Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))))
            section.Problem(key, $"must be an https URL (http on a loopback host), not '{text}'");
        return text;
    }
}
