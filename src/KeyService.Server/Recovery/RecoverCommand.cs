using System.CommandLine;
using System.Text.Json;
using KeyService.Core;
using KeyService.Core.Audit;
using KeyService.Server.Audit;
using KeyService.Server.Configuration;

namespace KeyService.Server.Recovery;

/// <summary><c>keyservice recover</c>: writes the key sets that the store has lost anew, from the keys that the providers hold.</summary>
internal sealed class RecoverCommand : Command
{
    private readonly TimeProvider _time;
    private readonly Option<string?> _config;
    private readonly Option<bool> _apply = new("--apply") { Description = "Does it. Without it, nothing is changed and the plan is told." };
    private readonly Option<string[]> _keySets = new("--key-set") { Description = "A key set to be recovered; may be repeated. Without it, all that the providers hold keys of.", HelpName = "name", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string[]> _jwks = new("--jwks") { Description = "The JWKS of a key set as it was served last, from any cache; may be repeated.", HelpName = "name=file", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string[]> _revoked = new("--revoked") { Description = "The kid of a key that was revoked, and must not come back; may be repeated.", HelpName = "kid", AllowMultipleArgumentsPerToken = false };
    private readonly Option<bool> _noneRevoked = new("--none-revoked") { Description = "Says that no key was revoked whose private half may still be there." };
    private readonly Option<bool> _assumeDefaults = new("--assume-defaults") { Description = "Recovers key sets that the settings do not describe with the default policy." };
    private readonly Option<bool> _json = new("--json") { Description = "Tells it as JSON." };

    /// <param name="config">The same option as that of the server.</param>
    public RecoverCommand(Option<string?> config, TimeProvider time)
        : base("recover", "Writes key sets that the store has lost anew, from the keys that the providers hold.")
    {
        (_config, _time) = (config, time);
        foreach (var option in (Option[])[config, _apply, _keySets, _jwks, _revoked, _noneRevoked, _assumeDefaults, _json])
            Options.Add(option);
        SetAction(RunAsync);
    }

    /// <returns>0 where all is recovered, planned, or as it should be; 1 where something is in the way.</returns>
    /// <exception cref="SettingsException">The settings or the arguments are wrong.</exception>
    /// <exception cref="KeyServiceException">The store or a provider does not answer.</exception>
    private async Task<int> RunAsync(ParseResult asked, CancellationToken cancellationToken)
    {
        var request = Read(asked);
        var configuration = SettingsLoader.Read(asked.GetValue(_config));
        var settings = SettingsLoader.Check(configuration, _time.GetUtcNow());
        if (!request.Apply)
            settings = settings with { Audit = null }; // whose folder a running service holds
        await using var host = KeyServiceHost.Build(settings, configuration, _time, LogLevel.Trace);
        var reports = await host.Services.GetRequiredService<StoreRecovery>().RunAsync(request, cancellationToken);
        if (host.Services.GetService<AuditLog>() is { } log)
            await log.RecordAsync(new AuditRecord { Time = _time.GetUtcNow(), Event = AuditEvent.Close });

        var output = asked.InvocationConfiguration.Output;
        await output.WriteAsync(asked.GetValue(_json) ? RecoveryText.WriteJson(reports) : RecoveryText.Write(reports));
        if (!request.Apply && !asked.GetValue(_json) && reports.Any(report => report.Outcome == KeySetReport.Planned))
            await output.WriteLineAsync("Nothing is changed yet. Compare with what is known, then say --apply, with --revoked for each key that was revoked or --none-revoked.");
        return reports.Count > 0 && reports.All(report => report.Outcome != KeySetReport.Refused) ? 0 : 1;
    }

    private RecoveryRequest Read(ParseResult asked)
    {
        var revoked = asked.GetValue(_revoked) ?? [];
        var (apply, none) = (asked.GetValue(_apply), asked.GetValue(_noneRevoked));
        if (none ? revoked.Length > 0 : apply && revoked.Length == 0)
            throw new SettingsException(["--apply goes with either --revoked, for each key that was revoked, or --none-revoked: no provider tells, and a revoked key must not come back"]);
        var jwks = (asked.GetValue(_jwks) ?? []).Select(ReadJwks).ToArray();
        if (jwks.DistinctBy(set => set.Key, StringComparer.Ordinal).Count() < jwks.Length)
            throw new SettingsException(["--jwks is given twice for one key set"]);
        return new RecoveryRequest
        {
            KeySets = (asked.GetValue(_keySets) ?? []).ToHashSet(StringComparer.Ordinal),
            Jwks = jwks.ToDictionary(StringComparer.Ordinal),
            Revoked = revoked.ToHashSet(StringComparer.Ordinal),
            AssumeDefaults = asked.GetValue(_assumeDefaults),
            Apply = apply,
        };
    }

    private static KeyValuePair<string, IReadOnlyList<(string Kid, string Algorithm)>> ReadJwks(string argument)
    {
        if (argument.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } file])
            throw new SettingsException([$"--jwks '{argument}' must be the name of a key set, '=', and a file"]);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            var keys = json.RootElement.GetProperty("keys").EnumerateArray().Select(key => (Kid: Text(key, "kid"), Algorithm: Text(key, "alg"))).ToArray();
            if (keys.DistinctBy(key => key.Kid, StringComparer.Ordinal).Count() < keys.Length)
                throw new JsonException("A kid stands in it twice.");
            return KeyValuePair.Create<string, IReadOnlyList<(string, string)>>(name, keys);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new SettingsException([$"--jwks '{file}' is no JWKS as this service serves it: {e.Message}"]);
        }

        static string Text(JsonElement key, string member) => key.GetProperty(member).GetString() ?? throw new JsonException($"{member} is null");
    }
}
