using KeyService.Server.Configuration;

namespace KeyService.Server.Files;

/// <summary>Looks at the files that may change, at every <c>Auth:ReloadInterval</c>.</summary>
internal sealed class FileWatch(IEnumerable<WatchedFiles> files, ServerSettings settings, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.Auth.ReloadInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var file in files)
                file.Check();
        }
    }
}
