using KeyService.Core;
using KeyService.Server;
using KeyService.Server.Access.Commands;
using KeyService.Server.Configuration;
using KeyService.Server.Doctor;

try
{
    if (args is [DoctorCommand.Verb, .. var rest])
        return await DoctorCommand.RunAsync(rest, Console.Out, TimeProvider.System, CancellationToken.None);
    if (args is [PolicyTestCommand.Verb, .. var policy])
        return await PolicyTestCommand.RunAsync(policy, Console.Out, TimeProvider.System, CancellationToken.None);

    var configuration = SettingsLoader.Read(args);
    var settings = SettingsLoader.Check(configuration, TimeProvider.System.GetUtcNow());
    await using var app = KeyServiceHost.Build(settings, configuration, TimeProvider.System);
    await app.Services.GetRequiredService<Startup>().RunAsync(CancellationToken.None);
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (e is SettingsException or KeyServiceException or IOException)
{
    await Console.Error.WriteLineAsync($"KeyService does not start. {e.Message}");
    for (var cause = e.InnerException; cause is not null; cause = cause.InnerException)
        await Console.Error.WriteLineAsync($"  because: {cause.Message}");
    return 1;
}
