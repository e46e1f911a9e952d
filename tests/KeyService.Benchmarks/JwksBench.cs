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
        await using var bare = await BareKestrel.StartAsync(jwks);
        using var theirs = await client.GetAsync(nginx.Url);
        using var plain = await client.GetAsync(bare.Url);
        Report.Heading($"JWKS of {jwks.Length} bytes beside nginx");
        Func<string?, Task<Run>> askNginx = tag => Wrk.RunAsync(nginx.Url, tag, Turn), askBare = tag => Wrk.RunAsync(bare.Url, tag, Turn), ask = tag => Wrk.RunAsync(url, tag, Turn);
        Compare("JWKS, whole body", await InTurns.RunAsync([() => askNginx(null), () => askBare(null), () => ask(null)], Turns, unmeasured: 2));
        var (tag, bareTag, nginxTag) = (TagOf(ours), TagOf(plain), TagOf(theirs));
        Compare("JWKS, 304", await InTurns.RunAsync([() => askNginx(nginxTag), () => askBare(bareTag), () => ask(tag)], Turns, unmeasured: 1));
    }

    private void Compare(string name, Run[] runs)
    {
        report.Compare(name, "/s", runs[2].PerSecond, runs[0].PerSecond, least: Least);
        report.Compare($"{name}: bare Kestrel", "/s", runs[1].PerSecond, runs[0].PerSecond);
    }

    private static string TagOf(HttpResponseMessage answer) => answer.Headers.ETag?.ToString() ?? throw new InvalidOperationException("There is no entity tag.");
}
