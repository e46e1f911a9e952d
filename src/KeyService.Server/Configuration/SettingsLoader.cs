using System.Text.Json;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Server.Http;
using Microsoft.Extensions.Configuration.Json;

namespace KeyService.Server.Configuration;

/// <summary>
/// Reads the settings: built-in defaults, then the file of <c>--config</c> or <c>KEYSERVICE_CONFIG</c>, then environment
/// variables <c>KeyService__…</c>. Anything unknown, of the wrong type or out of range stops the start.
/// </summary>
internal static class SettingsLoader
{
    public const string Root = "KeyService";
    private const string LoggingSection = "Logging";
    private const string FileVariable = "KEYSERVICE_CONFIG";

    /// <summary>What the configuration's own reader allows, but for equal members, which it would merge without a word.</summary>
    private static readonly JsonDocumentOptions FileFormat = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <param name="config">The file; null for that of the environment, if any.</param>
    /// <exception cref="SettingsException">With every problem by name.</exception>
    public static IConfigurationRoot Read(string? config)
    {
        var builder = new ConfigurationBuilder();
        if ((config ?? FileOfEnvironment()) is { } file)
        {
            if (!File.Exists(file))
                throw new SettingsException([$"--config: there is no file '{file}'"]);
            RefuseMalformed(file);
            builder.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
        }

        builder.AddEnvironmentVariables();
        try
        {
            var configuration = builder.Build();
            RefuseOtherSections(configuration);
            return configuration;
        }
        catch (InvalidDataException e)
        {
            throw new SettingsException([$"{e.Message} {e.InnerException?.Message}".TrimEnd()]);
        }
    }

    /// <exception cref="SettingsException">With every problem by name.</exception>
    public static ServerSettings Check(IConfiguration configuration, DateTimeOffset now)
    {
        var problems = new List<string>();
        var root = new SettingsReader(configuration.GetSection(Root), problems);
        var tls = TlsSettings.Read(root);
        var listen = ListenSettings.Read(root.Section("Listen"), root.Has("Tls"));
        var telemetry = TelemetrySettings.Read(root.Section("Telemetry"), listen);
        var storage = StorageSettings.Read(root.Section("Storage"));
        var providers = root.Children("Providers").Select(ProviderSettings.Read).ToArray();
        var names = providers.Select(provider => provider.Name).ToHashSet(StringComparer.Ordinal);
        var settings = new ServerSettings
        {
            Listen = listen,
            Tls = tls,
            Auth = AuthSettings.Read(root.Section("Auth"), listen, tls),
            Storage = storage,
            Providers = providers,
            KeySets = [.. root.Children("KeySets").Select(section => KeySetOf(section, names, now)).OfType<KeySet>()],
            DefaultKeySet = root.Text("DefaultKeySet") ?? "default",
            Jwks = Jwks(root.Section("Jwks")),
            Limits = Limits(root.Section("Limits")),
            Orphans = OrphanSettings.Read(root.Section("Orphans")),
            Audit = AuditSettings.Read(root.Section("Audit"), IsDevelopment(configuration)),
            Telemetry = telemetry,
            ShutdownTimeout = root.Duration("ShutdownTimeout", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromMinutes(10)),
        };
        if (!KeySetRules.IsName(settings.DefaultKeySet))
            root.Problem("DefaultKeySet", KeySetRules.NameRule);
        root.RefuseOthers();
        CheckLogLevels(configuration.GetSection(LoggingSection), problems);
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }

    private static string? FileOfEnvironment() => Environment.GetEnvironmentVariable(FileVariable) is { Length: > 0 } file ? file : null;

    private static void RefuseMalformed(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            using var document = JsonDocument.Parse(stream, FileFormat);
        }
        catch (JsonException e)
        {
            throw new SettingsException([$"{file} is malformed: {e.Message}"]);
        }
    }

    /// <summary>Of the file only: the environment holds what other programs want, too.</summary>
    private static void RefuseOtherSections(IConfigurationRoot configuration)
    {
        string[] known = [Root, LoggingSection];
        var unknown = configuration.Providers
            .OfType<JsonConfigurationProvider>()
            .SelectMany(file => file.GetChildKeys([], parentPath: null))
            .Except(known, StringComparer.OrdinalIgnoreCase)
            .Select(section => $"{section} is unknown; known here: {string.Join(", ", known)}")
            .ToArray();
        if (unknown.Length > 0)
            throw new SettingsException(unknown);
    }

    /// <summary>What the logging reads by itself, later and less politely.</summary>
    private static void CheckLogLevels(IConfigurationSection section, List<string> problems)
    {
        foreach (var (key, value) in section.AsEnumerable())
        {
            if (value is not null && key.Contains(":LogLevel:", StringComparison.OrdinalIgnoreCase) && !Enum.GetNames<LogLevel>().Contains(value, StringComparer.OrdinalIgnoreCase))
                problems.Add($"{key} must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}, not '{value}'");
        }
    }

    /// <summary>What ASP.NET Core goes by; only the environment can say it, since other sections of the file are refused.</summary>
    private static bool IsDevelopment(IConfiguration configuration) =>
        string.Equals(configuration["ASPNETCORE_ENVIRONMENT"] ?? configuration["DOTNET_ENVIRONMENT"], Environments.Development, StringComparison.OrdinalIgnoreCase);

    private static JwksSettings Jwks(SettingsReader section)
    {
        var settings = new JwksSettings(
            section.Duration("MaxAge", TimeSpan.FromMinutes(5), TimeSpan.Zero, TimeSpan.FromDays(1)),
            section.Duration("MinAge", TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromMinutes(1)),
            section.Text("MediaType") ?? JwksEndpoints.JwkSetType);
        if (settings.MediaType is not (JwksEndpoints.JwkSetType or "application/json"))
            section.Problem("MediaType", $"must be {JwksEndpoints.JwkSetType} or application/json, not '{settings.MediaType}'");
        section.RefuseOthers();
        return settings;
    }

    private static LimitSettings Limits(SettingsReader section)
    {
        var settings = new LimitSettings(
            section.Integer("MaxMessageBytes", 1 << 20, 1, 3 << 20),
            section.Integer("MaxClaimsBytes", 64 << 10, 2, 1 << 20),
            section.Integer("MaxBatchItems", 256, 1, 4096),
            section.Integer("MaxConnections", 10_000, 1, 1_000_000),
            section.Integer("MaxStreamsPerConnection", 100, 1, 10_000),
            section.Integer("AnonymousRequestsPerSecond", 200, 1, 1_000_000));
        section.RefuseOthers();
        return settings;
    }

    private static KeySet? KeySetOf(SettingsReader section, HashSet<string> providers, DateTimeOffset now)
    {
        var signers = section.Children("Signers").Select(signer => SignerOf(signer, providers)).OfType<Signer>().ToArray();
        var rules = KeySetRules.Defaults;
        var keySet = new KeySet
        {
            Name = section.Name,
            Created = now,
            Issuer = section.Text("Issuer"),
            LegacyEdDsaName = section.Flag("LegacyEdDsaName"),
            Signers = [.. signers],
            Policy = new KeySetPolicy
            {
                Propagation = section.Duration("Propagation", rules.Propagation, TimeSpan.Zero, KeySetRules.LongestPropagation),
                MaxTokenLifetime = section.Duration("MaxTokenLifetime", rules.MaxTokenLifetime, KeySetRules.ShortestTokenLifetime, KeySetRules.LongestTokenLifetime),
                RotationPeriod = section.OptionalDuration("RotationPeriod", KeySetRules.ShortestRotationPeriod, KeySetRules.LongestRotationPeriod),
                Retention = section.Duration("Retention", rules.Retention, TimeSpan.Zero, KeySetRules.LongestRetention),
                ClockSkew = section.Duration("ClockSkew", rules.ClockSkew, TimeSpan.Zero, KeySetRules.LongestClockSkew),
            },
        };
        section.RefuseOthers();
        foreach (var (setting, problem) in KeySetRules.Problems(keySet, providers))
            section.Problem(setting, problem);
        return keySet;
    }

    private static Signer? SignerOf(SettingsReader section, HashSet<string> providers)
    {
        var name = section.RequiredText("Algorithm");
        var provider = providers.Count == 1 && !section.Has("Provider") ? providers.Single() : section.RequiredText("Provider");
        var bits = section.Integer("ModulusBits", 0, 2048, 4096);
        section.RefuseOthers();
        if (name.Length == 0)
            return null;
        if (!SigningAlgorithm.TryParse(name, out var algorithm))
        {
            section.Problem("Algorithm", KeySetRules.WhyNot(name));
            return null;
        }

        return KeySetRules.Signer(algorithm, provider, bits);
    }
}
