using System.CommandLine;
using KeyService.Server.Access.Commands;
using KeyService.Server.Audit.Verification;
using KeyService.Server.Doctor;
using KeyService.Server.Health;
using KeyService.Server.Recovery;

namespace KeyService.Server;

/// <summary>
/// The program <c>keyservice</c>: it serves, or does one of the operators' verbs. What a verb needs stands in methods of its own, so that
/// none loads the host for nothing.
/// </summary>
internal static class Verbs
{
    /// <summary>Without response files and bundled letters: a value that happens to begin with @ or - is that value.</summary>
    public static ParserConfiguration Syntax { get; } = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>The host listens to signals by itself, and ends within its own time; exceptions are told where the program begins.</summary>
    public static InvocationConfiguration Terms => new() { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };

    public static RootCommand Make(TimeProvider time)
    {
        var config = new Option<string?>("--config") { Description = "The settings file; otherwise that of KEYSERVICE_CONFIG, if any.", HelpName = "file" };
        var root = new RootCommand("Signs tokens with keys that never leave secure storage. Without a verb it serves.") { config };
        root.SetAction((parsed, cancelled) => ServeCommand.RunAsync(parsed.GetValue(config), time, cancelled));
        root.Subcommands.Add(DoctorCommand.Make(config, time));
        root.Subcommands.Add(HealthCommand.Make());
        root.Subcommands.Add(new RecoverCommand(config, time));
        root.Subcommands.Add(new Command("policy", "The policy of who may do what.") { new PolicyTestCommand(time) });
        root.Subcommands.Add(new Command("audit", "The audit log.") { AuditVerifyCommand.Make() });
        return root;
    }
}
