using System.CommandLine;

namespace KeyService.Server.Health;

/// <summary><c>keyservice health</c>: asks a running service how it is. For health checks where there is neither a shell nor curl.</summary>
internal static class HealthCommand
{
    private const string Default = "http://127.0.0.1:8080/health/live";

    /// <summary>Longer than the service takes to find out that a provider does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static Command Make()
    {
        var url = new Argument<Uri>("url")
        {
            Description = "What to ask: /health/live or /health/ready, at Listen:Http or Listen:Metrics.",
            DefaultValueFactory = static _ => new Uri(Default),
            CustomParser = static result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var given) && given.Scheme == Uri.UriSchemeHttp)
                    return given;
                result.AddError($"'{result.Tokens[0].Value}' is no http address such as {Default}.");
                return null;
            },
        };
        var health = new Command("health", "Asks a running service how it is; exit code 0 where it is well.") { url };
        health.SetAction((parsed, cancelled) => AskAsync(parsed.GetRequiredValue(url), parsed.InvocationConfiguration.Output, cancelled));
        return health;
    }

    /// <returns>0 where the service says so, 1 where it says otherwise or does not answer.</returns>
    private static async Task<int> AskAsync(Uri url, TextWriter output, CancellationToken cancellationToken)
    {
        // No proxy of the environment stands between a machine and itself.
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(url, cancellationToken);
            await output.WriteLineAsync(await answer.Content.ReadAsStringAsync(cancellationToken));
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (HttpRequestException e)
        {
            await output.WriteLineAsync($"{url} does not answer: {e.Message}");
            return 1;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await output.WriteLineAsync($"{url} did not answer within {Patience.TotalSeconds} s.");
            return 1;
        }
    }
}
