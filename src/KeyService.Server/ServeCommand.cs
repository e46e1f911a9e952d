using KeyService.Core;
using KeyService.Server.Configuration;

namespace KeyService.Server;

/// <summary>What <c>keyservice</c> does without a verb: it serves until it is told to stop.</summary>
internal static class ServeCommand
{
    /// <param name="config">The settings file; null for that of the environment, if any.</param>
    /// <exception cref="SettingsException">The settings are wrong.</exception>
    /// <exception cref="KeyServiceException">The store or a provider cannot be used.</exception>
    /// <exception cref="IOException">It cannot listen where it should.</exception>
    public static async Task<int> RunAsync(string? config, TimeProvider time, CancellationToken cancellationToken)
    {
        var configuration = SettingsLoader.Read(config);
        var settings = SettingsLoader.Check(configuration, time.GetUtcNow());
        await using var app = KeyServiceHost.Build(settings, configuration, time);
        await app.Services.GetRequiredService<Startup>().RunAsync(cancellationToken);
        await app.RunAsync(cancellationToken);
        return 0;
    }
}
