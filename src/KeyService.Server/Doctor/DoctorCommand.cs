using System.Diagnostics.CodeAnalysis;
using KeyService.Core.Signing;
using KeyService.Server.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Doctor;

/// <summary>
/// <c>doctor [--config FILE] [--json] [--all]</c>: examines each configured provider as it is, without the server, and tells what
/// works and what does not. It makes one key for each algorithm, signs with it and destroys it.
/// </summary>
internal static class DoctorCommand
{
    public const string Verb = "doctor";
    private const string Usage = "usage: KeyService.Server doctor [--config FILE] [--json] [--all]";

    /// <returns>0 where everything works, 1 where something fails.</returns>
    /// <exception cref="SettingsException">The arguments or the settings are wrong.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed by await using, which the rule does not see within a loop.")]
    public static async Task<int> RunAsync(string[] args, TextWriter output, TimeProvider time, CancellationToken cancellationToken)
    {
        var rest = new List<string>(args);
        var (json, all) = (rest.Remove("--json"), rest.Remove("--all"));
        if (rest.Find(arg => arg.StartsWith('-') && arg != "--config" && !arg.StartsWith("--config=", StringComparison.Ordinal)) is { } unknown)
            throw new SettingsException([$"'{unknown}' is unknown; {Usage}"]);

        var settings = SettingsLoader.Check(SettingsLoader.Read([.. rest]), time.GetUtcNow());
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
