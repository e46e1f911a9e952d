namespace KeyService.Server.Configuration;

/// <summary>Section <c>Auth</c>.</summary>
/// <param name="PolicyFile">Who may do what. Null where nobody is asked who they are; then the service listens on this machine only.</param>
/// <param name="Jwt">Issuers of bearer tokens.</param>
/// <param name="ReloadInterval">How often the policy, the certificates and the trust bundle are looked at. 100 ms to 1 min, default 2 s.</param>
internal sealed record AuthSettings(string? PolicyFile, IReadOnlyList<JwtIssuerSettings> Jwt, TimeSpan ReloadInterval)
{
    public static readonly AuthSettings Off = new(PolicyFile: null, [], TimeSpan.FromSeconds(2));

    public static AuthSettings Read(SettingsReader section, ListenSettings listen, TlsSettings? tls)
    {
        var settings = new AuthSettings(
            section.SecretFile("PolicyFile", required: false),
            [.. section.Children("Jwt").Select(JwtIssuerSettings.Read)],
            section.Duration("ReloadInterval", Off.ReloadInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)));
        foreach (var twice in settings.Jwt.GroupBy(issuer => issuer.Issuer).Where(group => group.Count() > 1))
            section.Problem("Jwt", $"names issuer '{twice.Key}' twice");
        if (section.Has("PolicyFile"))
        {
            if (settings.Jwt.Count == 0 && tls?.ClientCaFile is null && listen.UnixSocket is null)
                section.Problem("PolicyFile", "needs a way for callers to prove who they are: Tls:ClientCaFile, Auth:Jwt or Listen:UnixSocket");
        }
        else if (settings.Jwt.Count > 0 || tls?.ClientCaFile is not null)
        {
            section.Problem("PolicyFile", "is missing: it says what callers may do once they have proven who they are");
        }
        else if (listen.Https is { } https && !ListenSettings.IsLoopback(https))
        {
            section.Problem("PolicyFile", $"is missing: without it anyone who reaches {https} could sign; only a loopback address does without");
        }

        section.RefuseOthers();
        return settings;
    }
}
