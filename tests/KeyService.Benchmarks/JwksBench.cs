namespace KeyService.Benchmarks;

/// <summary>The JWKS over HTTP beside nginx that serves the same bytes from a file, in turns.</summary>
internal sealed class JwksBench(Report report, BenchServer server)
{
    private const double Least = 0.9;
    private const int Turns = 3;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    public async Task RunAsync()
    {
        var url = new Uri(server.Http, "/.well-known/jwks.json");
        using var client = new HttpClient();
        using var ours = await client.GetAsync(url);
        var jwks = await ours.Content.ReadAsByteArrayAsync();
        await using var nginx = await Nginx.StartAsync(jwks);
        using var theirs = await client.GetAsync(nginx.Url);
        Report.Heading($"JWKS of {jwks.Length} bytes beside nginx");
        await CompareAsync("JWKS, whole body", url, nginx.Url, null, null);
        await CompareAsync("JWKS, 304", url, nginx.Url, TagOf(ours), TagOf(theirs));
    }

    private async Task CompareAsync(string name, Uri url, Uri baseline, string? tag, string? baselineTag)
    {
        var (theirs, ours) = await InTurns.RunAsync(
            () => Wrk.RunAsync(baseline, baselineTag, Turn), () => Wrk.RunAsync(url, tag, Turn), Turns, unmeasured: 2);
        report.Compare(name, "/s", ours.PerSecond, theirs.PerSecond, least: Least);
    }

    private static string TagOf(HttpResponseMessage answer) => answer.Headers.ETag?.ToString() ?? throw new InvalidOperationException("There is no entity tag.");
}
