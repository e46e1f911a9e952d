namespace KeyService.Server.Tests.Configuration;

/// <summary>Settings that stop the start, each changed in one place from settings that are right.</summary>
internal static class SettingsCases
{
    /// <summary>A minimum that is right.</summary>
    public static readonly Dictionary<string, string?> Right = new()
    {
        ["KeyService:Providers:hsm:Type"] = "Pkcs11",
        ["KeyService:Providers:hsm:Module"] = "/usr/lib/module.so",
        ["KeyService:Providers:hsm:TokenLabel"] = "token",
        ["KeyService:Providers:hsm:PinFile"] = "/run/pin",
        ["KeyService:KeySets:default:Signers:0:Algorithm"] = "ES256",
        ["KeyService:KeySets:default:Signers:0:Provider"] = "hsm",
    };

    public static IEnumerable<(string Key, string? Value, string Problem)> All =>
    [
        .. Unknown.Select(key => (key, (string?)"1", $"{key} is unknown")),
        .. Values.Select(one => (one.Key, (string?)one.Value, $"{one.Key} {one.Problem}")),
        ("KeyService:Telemetry:Otlp:Interval", "1m", "KeyService:Telemetry:Otlp:Endpoint is missing"),
        .. Missing.Select(one => (one.Key, (string?)null, one.Problem)),
        .. Elsewhere.Select(one => (one.Key, (string?)one.Value, one.Problem)),
    ];

    private static IEnumerable<string> Unknown =>
    [
        "KeyService:Listne", "KeyService:Listen:Httpss", "KeyService:Auth:Polciy", "KeyService:Tls:Certificate", "KeyService:Auth:Jwt:0:Isuer", "KeyService:Storage:Paht", "KeyService:Jwks:Maxage2", "KeyService:Limits:Max", "KeyService:Audit:Folder", "KeyService:Telemetry:Metrics",
        "KeyService:Providers:hsm:Pin", "KeyService:KeySets:default:Propogation", "KeyService:KeySets:default:Signers:0:Algo",
    ];

    private static IEnumerable<(string Key, string Value, string Problem)> Values =>
    [
        ("KeyService:Listen:Http", "http://0.0.0.0:8080", "must be a loopback address"),
        ("KeyService:Listen:Http", "http://192.0.2.1:8080", "must be a loopback address"),
        ("KeyService:Listen:Grpc", "http://[::]:8081", "must be a loopback address"),
        ("KeyService:Listen:Grpc", "http://localhost.evil.example:8081", "must be a loopback address"),
        ("KeyService:Listen:Http", "https://127.0.0.1:8080", "must be a URL"),
        ("KeyService:Listen:Http", "127.0.0.1:8080", "must be a URL"),
        ("KeyService:Listen:Http", "http://127.0.0.1:8080/path", "must be a URL"),
        ("KeyService:Listen:Http", "http://127.0.0.1:99999", "must be a URL"),
        ("KeyService:Listen:Http", "http://user:secret@127.0.0.1:8080", "must be a URL"),
        ("KeyService:Listen:Http", "http://localhost:0", "must have a port"),
        ("KeyService:Listen:Http", "", "must not be empty"),
        ("KeyService:Listen:Grpc", "http://127.0.0.1:8080", "must differ from Http"),
        ("KeyService:Listen:Https", "https://127.0.0.1:8443", "needs section Tls"),
        ("KeyService:Listen:Metrics", "http://metrics.example:9464", "must have an IP address or localhost"),
        ("KeyService:Listen:Metrics", "https://127.0.0.1:9464", "must be a URL"),
        ("KeyService:Telemetry:Prometheus", "on", "must be true or false"),
        ("KeyService:Telemetry:Otlp:Endpoint", "collector:4317", "must be an http or https URL"),
        ("KeyService:Telemetry:Otlp:Endpoint", "https://user:pw@collector", "must be an http or https URL"),
        ("KeyService:Telemetry:Otlp:Protocol", "Json", "must be HttpProtobuf or Grpc"),
        ("KeyService:Telemetry:Otlp:Interval", "10ms", "must be a duration from 1s to 1h"),
        ("KeyService:Telemetry:Otlp:SampleRatio", "1.5", "must be a number from 0 to 1"),
        ("KeyService:Telemetry:Otlp:HeadersFile", "/absent/headers", "cannot be read"),
        ("KeyService:Telemetry:KeySets", "10001", "must be a whole number from 0 to 10000"),
        ("KeyService:Listen:UnixSocket", "ks.sock", "must be an absolute path"),
        ("KeyService:Listen:UnixSocket", "/" + new string('x', 107), "must be an absolute path"),
        ("KeyService:Tls:ClientCertificate", "Maybe", "must be Optional or Required"),
        ("KeyService:Tls:ClientCertificate", "Required", "needs ClientCaFile"),
        ("KeyService:Auth:PolicyFile", "/etc/keyservice/policy.yaml", "needs a way for callers to prove who they are"),
        ("KeyService:Auth:ReloadInterval", "10ms", "must be a duration from 100ms to 1m"),
        ("KeyService:Auth:Jwt:0:JwksUri", "http://issuer.example/keys", "must be an https URL"),
        ("KeyService:Auth:Jwt:0:ClockSkew", "6m", "must be a duration from 0s to 5m"),
        ("KeyService:Storage:Type", "Oracle", "must be Postgres or Sqlite"),
        ("KeyService:Storage:Path", "", "must not be empty"),
        ("KeyService:Storage:MaxStaleness", "999ms", "must be a duration from 1s to 30d"),
        ("KeyService:Storage:MaxStaleness", "4s", "must be at least five times RefreshInterval"),
        ("KeyService:Storage:RefreshInterval", "99ms", "must be a duration from 100ms to 1m"),
        ("KeyService:Storage:RefreshInterval", "soon", "must be a duration"),
        ("KeyService:Storage:RefreshInterval", "-1s", "must be a duration"),
        ("KeyService:Storage:RefreshInterval", "1", "must be a duration"),
        ("KeyService:Jwks:MaxAge", "25h", "must be a duration from 0s to 1d"),
        ("KeyService:Jwks:MinAge", "61s", "must be a duration from 0s to 1m"),
        ("KeyService:Jwks:MediaType", "text/plain", "must be application/jwk-set+json or application/json"),
        ("KeyService:Limits:MaxMessageBytes", "0", "must be a whole number from 1"),
        ("KeyService:Limits:MaxMessageBytes", "3145729", "must be a whole number"),
        ("KeyService:Limits:MaxClaimsBytes", "1e3", "must be a whole number"),
        ("KeyService:Limits:MaxBatchItems", "true", "must be a whole number"),
        ("KeyService:Limits:MaxBatchItems", "99999999999", "must be a whole number"),
        ("KeyService:Audit:Path", "", "must not be empty"),
        ("KeyService:Audit:FailClosed", "maybe", "must be true or false"),
        ("KeyService:Audit:MaxWait", "9ms", "must be a duration from 10ms to 1m"),
        ("KeyService:Audit:MaxQueue", "0", "must be a whole number from 1 to 65536"),
        ("KeyService:Audit:MaxFileBytes", "4095", "must be a whole number from 4096"),
        ("KeyService:Audit:CheckpointKeySet", "Upper", "must be 1 to 63 characters"),
        ("KeyService:Audit:CheckpointInterval", "0s", "must be a duration from 1s to 1d"),
        ("KeyService:Audit:CheckpointLines", "many", "must be a whole number from 1"),
        ("KeyService:ShutdownTimeout", "11m", "must be a duration from 0s to 10m"),
        ("KeyService:DefaultKeySet", "Default", "must be 1 to 63 characters"),
        ("KeyService:DefaultKeySet", "", "must not be empty"),
        ("KeyService:Providers:hsm:Type", "Aws", "must be AwsKms or AzureKeyVault or Pkcs11"),
        ("KeyService:Providers:hsm:Module", "libmodule.so", "must be the absolute path"),
        ("KeyService:Providers:hsm:TokenLabel", "a label of more than thirty-two bytes", "must have 1 to 32 bytes"),
        ("KeyService:Providers:hsm:TokenLabel", "", "must not be empty"),
        ("KeyService:Providers:hsm:TokenSerial", "12345678901234567", "must have 1 to 16 characters"),
        ("KeyService:Providers:hsm:PinFile", "", "must not be empty"),
        ("KeyService:Providers:hsm:MaxSessions", "0", "must be a whole number from 1 to 256"),
        ("KeyService:Providers:hsm:MaxSessions", "four", "must be a whole number"),
        ("KeyService:Providers:hsm:SessionWait", "2m", "must be a duration"),
        ("KeyService:Providers:hsm:CallTimeout", "1ms", "must be a duration"),
        ("KeyService:Providers:hsm:KeyCallTimeout", "1h", "must be a duration"),
        ("KeyService:KeySets:default:Issuer", "http://issuer.example", "must be an https URL"),
        ("KeyService:KeySets:default:Propagation", "31d", "must be a duration from 0s to 30d"),
        ("KeyService:KeySets:default:MaxTokenLifetime", "0s", "must be a duration from 1s"),
        ("KeyService:KeySets:default:RotationPeriod", "30m", "must be"), // not longer than the propagation of an hour
        ("KeyService:KeySets:default:Retention", "3651d", "must be a duration"),
        ("KeyService:KeySets:default:ClockSkew", "61m", "must be a duration from 0s to 1h"),
        ("KeyService:KeySets:default:Signers:0:Algorithm", "HS256", "'HS256' is refused"),
        ("KeyService:KeySets:default:Signers:0:Algorithm", "none", "'none' is refused"),
        ("KeyService:KeySets:default:Signers:0:Algorithm", "es256", "'es256' is unknown"),
        ("KeyService:KeySets:default:Signers:0:Algorithm", "", "must not be empty"),
        ("KeyService:KeySets:default:Signers:0:ModulusBits", "1024", "must be a whole number from 2048"),
    ];

    private static IEnumerable<(string Key, string Problem)> Missing =>
    [
        ("KeyService:Providers:hsm:Type", "KeyService:Providers:hsm:Type is missing"),
        ("KeyService:Providers:hsm:Module", "KeyService:Providers:hsm:Module is missing"),
        ("KeyService:Providers:hsm:TokenLabel", "KeyService:Providers:hsm:TokenLabel is missing"),
        ("KeyService:Providers:hsm:PinFile", "KeyService:Providers:hsm:PinFile is missing"),
        ("KeyService:KeySets:default:Signers:0:Algorithm", "KeyService:KeySets:default:Signers:0:Algorithm is missing"),
    ];

    /// <summary>What is told of another key than the one that was changed.</summary>
    private static IEnumerable<(string Key, string Value, string Problem)> Elsewhere =>
    [
        ("KeyService:Listen:Grpc:0", "http://127.0.0.1:8081", "KeyService:Listen:Grpc must be a single value"),
        ("KeyService:Tls:CertificateFile", "/c.pem", "KeyService:Tls:KeyFile is missing"),
        ("KeyService:Tls:ClientCaFile", "/ca.pem", "KeyService:Auth:PolicyFile is missing"),
        ("KeyService:Auth:Jwt:0:Issuer", "https://issuer.example", "KeyService:Auth:PolicyFile is missing"),
        ("KeyService:Auth:Jwt:0:Issuer", "https://issuer.example", "KeyService:Auth:Jwt:0:Audiences is missing"),
        ("KeyService:Auth:Jwt:0:Issuer", "https://issuer.example", "KeyService:Auth:Jwt:0:MetadataAddress must be there"),
        ("KeyService", "1", "KeyService must be an object"),
        ("KeyService:Listen", "8080", "KeyService:Listen must be an object"),
        ("KeyService:Providers", "hsm", "KeyService:Providers must be an object or a list"),
        ("KeyService:KeySets:default", "ES256", "KeyService:KeySets:default must be an object"),
        ("KeyService:KeySets:default:Signers:0", "ES256", "KeyService:KeySets:default:Signers:0 must be an object"),
        ("KeyService:KeySets:other", "", "KeyService:KeySets:other:Signers must be 1 to 8 signers"),
        ("KeyService:KeySets:Upper:Signers:0:Algorithm", "ES256", "KeyService:KeySets:Upper:Name must be 1 to 63 characters"),
        ("KeyService:KeySets:default:Signers:0:Provider", "nowhere", "KeyService:KeySets:default:Signers name provider 'nowhere'"),
        ("KeyService:KeySets:default:Signers:0:ModulusBits", "2048", "KeyService:KeySets:default:Signers ES256: the modulus"),
        ("KeyService:KeySets:default:Signers:1:Algorithm", "ES256", "KeyService:KeySets:default:Signers must not hold two signers"),
        ("KeyService:Audit:FailClosed", "true", "KeyService:Audit:Path is missing"),
        ("Logging:LogLevel:Default", "Loud", "Logging:LogLevel:Default must be one of Trace"),
        ("Logging:Console:LogLevel:KeyService", "", "Logging:Console:LogLevel:KeyService must be one of Trace"),
        ("KeyService:Providers:other:Type", "Pkcs11", "KeyService:Providers:other:Module is missing"),
    ];
}
