namespace KeyService.Server.Configuration;

/// <summary>Section <c>Tls</c>. All files are read again when they change.</summary>
/// <param name="CertificateFile">PEM: the server's certificate, then those that lead to its root.</param>
/// <param name="KeyFile">PEM: its private key, unencrypted.</param>
/// <param name="ClientCaFile">PEM: the roots, and intermediates, that client certificates must come from. Null: none is asked for.</param>
/// <param name="ClientCertificateRequired">Whether the handshake fails without a client certificate. Setting <c>ClientCertificate</c>: <c>Optional</c> (default) or <c>Required</c>.</param>
internal sealed record TlsSettings(string CertificateFile, string KeyFile, string? ClientCaFile, bool ClientCertificateRequired)
{
    /// <summary>Null where the section is absent.</summary>
    public static TlsSettings? Read(SettingsReader root)
    {
        if (!root.Has("Tls"))
            return null;
        var section = root.Section("Tls");
        var clientCertificate = section.Text("ClientCertificate");
        var settings = new TlsSettings(
            section.RequiredText("CertificateFile"), section.SecretFile("KeyFile", required: true) ?? "", section.Text("ClientCaFile"), clientCertificate == "Required");
        if (clientCertificate is not (null or "Optional" or "Required"))
            section.Problem("ClientCertificate", $"must be Optional or Required, not '{clientCertificate}'");
        if (clientCertificate is not null && settings.ClientCaFile is null)
            section.Problem("ClientCertificate", "needs ClientCaFile: without it no client certificate is trusted");
        section.RefuseOthers();
        return settings;
    }
}
