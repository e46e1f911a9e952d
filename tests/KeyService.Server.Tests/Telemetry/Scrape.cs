using System.Globalization;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Tests.Telemetry;

/// <summary>What <c>/metrics</c> said, one sample by its name and labels as they are written.</summary>
internal sealed class Scrape
{
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);

    private Scrape(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            var end = line.LastIndexOf(' ');
            _samples.Add(line[..end], double.Parse(line[(end + 1)..], CultureInfo.InvariantCulture)); // a sample that is there twice fails
        }
    }

    public string Text { get; }

    public IEnumerable<string> Names => _samples.Keys.Select(sample => sample.Split('{')[0]).Distinct();

    public static async Task<Scrape> OfAsync(HttpClient client)
    {
        using var answer = await client.GetAsync(new Uri(MetricsEndpoint.Path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.EnsureSuccessStatusCode().Content.Headers.ContentType!.ToString());
        return new Scrape(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The sum of the samples of a name that have all of the labels; null where there is none.</summary>
    public double? Sum(string name, params string[] labels)
    {
        var found = _samples.Where(sample => sample.Key.Split('{')[0] == name && labels.All(label => sample.Key.Contains(label, StringComparison.Ordinal))).ToArray();
        return found.Length == 0 ? null : found.Sum(sample => sample.Value);
    }
}
