using KeyService.Core.Keys;

namespace KeyService.Server.Configuration;

/// <summary>Everything that the settings say, checked: section <c>KeyService</c>.</summary>
internal sealed record ServerSettings
{
    public required ListenSettings Listen { get; init; }

    /// <summary>Null where there is no TLS.</summary>
    public TlsSettings? Tls { get; init; }

    public AuthSettings Auth { get; init; } = AuthSettings.Off;

    public required StorageSettings Storage { get; init; }

    public required IReadOnlyList<ProviderSettings> Providers { get; init; }

    /// <summary>Key sets to be made at start where they are absent.</summary>
    public required IReadOnlyList<KeySet> KeySets { get; init; }

    /// <summary>The key set that <c>/.well-known/jwks.json</c> serves. Setting <c>DefaultKeySet</c>, default <c>default</c>.</summary>
    public required string DefaultKeySet { get; init; }

    public required JwksSettings Jwks { get; init; }

    public required LimitSettings Limits { get; init; }

    public required OrphanSettings Orphans { get; init; }

    /// <summary>Null where no audit log is written.</summary>
    public AuditSettings? Audit { get; init; }

    public TelemetrySettings Telemetry { get; init; } = TelemetrySettings.Default;

    /// <summary>How long calls in flight may take to finish at shutdown. Setting <c>ShutdownTimeout</c>: 0 s to 10 min, default 30 s.</summary>
    public required TimeSpan ShutdownTimeout { get; init; }
}
