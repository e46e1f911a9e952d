using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using KeyService.Server.Tests.Access;
using KeyService.Server.Tests.SeveralHomes;
using KeyService.Testing;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Telemetry;

/// <summary>What <c>infra/observability</c> holds, against the real Prometheus and the real server.</summary>
[Collection(nameof(MeasuredAlone))] // a server of another test that stops would take the instruments of the same name with it
public sealed partial class ObservabilityTests(SoftHsmTokens tokens)
{
    private static readonly string Folder = Repository.PathOf("infra", "observability");

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("check", "rules", "alerts.yaml")]
    [InlineData("test", "rules", "alerts.test.yaml")]
    public async Task Promtool_finds_the_rules_right(params string[] arguments)
    {
        var run = await ProcessRun.RunAsync(Prometheus.Tool, arguments, Prometheus.ToolLimit, Folder, cancellationToken: TestEnd);
        Assert.True(run.ExitCode == 0, run.Output);
    }

    [Fact]
    public async Task Every_rule_has_its_tests_of_when_it_speaks_and_when_it_does_not()
    {
        var tests = await File.ReadAllTextAsync(Path.Combine(Folder, "alerts.test.yaml"), TestEnd);
        var rules = await File.ReadAllTextAsync(Path.Combine(Folder, "alerts.yaml"), TestEnd);
        foreach (var alert in Alert().Matches(rules).Select(match => match.Groups[1].Value))
            Assert.Equal(2, Regex.Count(tests, $@"alertname: {alert}\b"));
    }

    [Fact]
    public async Task Every_panel_and_every_rule_finds_its_metrics_after_a_signature_and_a_rotation()
    {
        using var folder = new TemporaryDirectory();
        await using var secured = await SecuredServer.StartAsync(
            tokens, Policy, ("Listen:Metrics", "http://127.0.0.1:0"), ("Audit:Path", folder["audit"]), ("Audit:CheckpointKeySet", "default"), ("KeySets:default:RotationPeriod", "30d"));
        await CallAsync(secured.UnixClient());
        var target = new Uri(secured.Server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last());
        using var prometheus = new PrometheusServer(target, Path.Combine(Folder, "alerts.yaml"));

        foreach (var expression in await DashboardAsync())
            await FindsAsync(prometheus, expression);
        var rules = await prometheus.RulesAsync();
        Assert.NotEmpty(rules);
        Assert.All(rules, rule => Assert.NotEqual("err", rule.Health));
        foreach (var name in rules.SelectMany(rule => MetricName().Matches(rule.Expression)).Select(match => match.Value).Distinct())
            await FindsAsync(prometheus, name);
    }

    private static string Policy => $$"""
        version: 1
        principals:
          - { name: local, match: [ { unix: { uid: {{ProcessUser.Id}} } } ], grants: [ { keySets: "*", permissions: [ sign, read, rotate ] } ] }
        """;

    /// <summary>A signature, a rotation, a JWKS that is served and one that was not modified.</summary>
    private static async Task CallAsync(HttpClient client)
    {
        foreach (var (act, body) in ((string, string)[])[("sign", """{"message":"eA=="}"""), ("rotate", "{}")])
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync(new Uri($"/v1/keySets/default:{act}", UriKind.Relative), content, TestEnd);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        var jwks = new Uri("/.well-known/jwks.json", UriKind.Relative);
        using var served = await client.GetAsync(jwks, TestEnd);
        using var again = new HttpRequestMessage(HttpMethod.Get, jwks) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Headers = { IfNoneMatch = { served.Headers.ETag! } } };
        Assert.Equal(HttpStatusCode.NotModified, (await client.SendAsync(again, TestEnd)).StatusCode);
    }

    /// <summary>The queries of all panels, with what Grafana would put in for its variables.</summary>
    private static async Task<IReadOnlyList<string>> DashboardAsync()
    {
        using var dashboard = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Folder, "dashboard.json"), TestEnd));
        string[] expressions =
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
                .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
                .Select(query => Variable().Replace(query.GetProperty("expr").GetString()!, match => match.Value == "$__rate_interval" ? "1m" : ".*")),
        ];
        Assert.NotEmpty(expressions);
        return expressions;
    }

    /// <summary>Within bounded time: two scrapes must have happened, and the host looks at its health a few seconds after the start.</summary>
    private static async Task FindsAsync(PrometheusServer prometheus, string expression)
    {
        using var limit = new CancellationTokenSource(Eventually.Patience);
        while (await prometheus.CountAsync(expression) == 0)
        {
            Assert.False(limit.IsCancellationRequested, $"There is nothing for {expression}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TestEnd);
        }
    }

    [GeneratedRegex(@"\$\w+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\b(keyservice|dotnet|kestrel)_\w+")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();
}
