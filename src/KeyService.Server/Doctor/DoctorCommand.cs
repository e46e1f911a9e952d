using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using KeyService.Core.Signing;
using KeyService.Server.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Doctor;

/// <summary>
/// <c>keyservice doctor</c>: examines each configured provider as it is, without the server, and tells what
/// works and what does not. It makes one key for each algorithm, signs with it and destroys it.
/// </summary>
internal static class DoctorCommand
{
    /// <param name="config">The same option as that of the server.</param>
    public static Command Make(Option<string?> config, TimeProvider time)
    {
        var json = new Option<bool>("--json") { Description = "Tells it as JSON." };
        var all = new Option<bool>("--all") { Description = "Tries every algorithm that is offered, not only those of the key sets in the settings." };
        var doctor = new Command("doctor", "Examines each configured provider: makes a key, signs with it and destroys it.") { config, json, all };
        doctor.SetAction((parsed, cancelled) => RunAsync(
            parsed.GetValue(config), parsed.GetValue(json), parsed.GetValue(all), parsed.InvocationConfiguration.Output, time, cancelled));
        return doctor;
    }

    /// <returns>0 where everything works, 1 where something fails.</returns>
    /// <exception cref="SettingsException">The settings are wrong.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed by await using, which the rule does not see within a loop.")]
    private static async Task<int> RunAsync(string? config, bool json, bool all, TextWriter output, TimeProvider time, CancellationToken cancellationToken)
    {
        var settings = SettingsLoader.Check(SettingsLoader.Read(config), time.GetUtcNow());
        var reports = new List<ProviderReport>();
        foreach (var provider in settings.Providers)
        {
            await using var subject = KeyServiceHost.CreateProvider(provider, NullLoggerFactory.Instance, time);
            var algorithms = all ? SigningAlgorithm.All : InUse(settings, provider.Name);
            reports.Add(await new ProviderExamination(subject, provider.Guard, time).RunAsync(algorithms, cancellationToken));
        }

        await output.WriteAsync(json ? ReportJson.Write(reports) : ReportText.Write(reports));
        return reports.TrueForAll(report => report.Works) ? 0 : 1;
    }

    /// <summary>What the key sets of the settings sign with; where they name none, ES256: it is offered everywhere.</summary>
    private static HashSet<SigningAlgorithm> InUse(ServerSettings settings, string provider)
    {
        var used = settings.KeySets.SelectMany(set => set.Signers).Where(signer => signer.Provider == provider).Select(signer => signer.Algorithm).ToHashSet();
        return used.Count > 0 ? used : [SigningAlgorithm.ES256];
    }
}
