using System.CommandLine;
using KeyService.Core;
using KeyService.Server;
using KeyService.Server.Configuration;

var asked = Verbs.Make(TimeProvider.System).Parse(args, Verbs.Syntax);
try
{
    return await asked.InvokeAsync(Verbs.Terms);
}
catch (Exception e) when (e is SettingsException or KeyServiceException or IOException)
{
    await Console.Error.WriteLineAsync(asked.CommandResult.Command is RootCommand ? $"KeyService does not start. {e.Message}" : e.Message);
    for (var cause = e.InnerException; cause is not null; cause = cause.InnerException)
        await Console.Error.WriteLineAsync($"  because: {cause.Message}");
    return 1;
}
