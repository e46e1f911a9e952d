using System.Diagnostics.Metrics;
using System.Text;
using KeyService.Server.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace KeyService.Server.Tests.Telemetry;

/// <summary>Instruments of all kinds as text, and who waits for whom.</summary>
public sealed class PrometheusReaderTests : IDisposable
{
    private readonly Meter _meter = new($"m{Guid.NewGuid():n}");
    private readonly PrometheusReader _reader = new();
    private readonly MeterProvider _provider;

    public PrometheusReaderTests() => _provider = Sdk.CreateMeterProviderBuilder().AddMeter(_meter.Name).AddReader(_reader).Build();

    [Theory]
    [InlineData("a.b", null, "a_b_total")]
    [InlineData("a.b", "{call}", "a_b_total")]
    [InlineData("a.b_total", "By", "a_b_total_bytes_total")]
    [InlineData("a.seconds", "s", "a_seconds_total")]
    [InlineData("a", "By/s", "a_bytes_per_second_total")]
    [InlineData("a-.b", "{call}/min", "a_b_per_minute_total")]
    public async Task Names_are_made_by_the_rules_for_Prometheus(string name, string? unit, string expected)
    {
        _meter.CreateCounter<long>(name, unit).Add(3);
        Assert.Contains($"\n# TYPE {expected} counter\n{expected} 3\n", await TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_and_help_cannot_break_out_of_their_line()
    {
        _meter.CreateUpDownCounter<int>("g", "{x}", "two\nlines \\ \"q\"").Add(-2, new KeyValuePair<string, object?>("a.b", "\"}\n\\é"), new KeyValuePair<string, object?>("n", 1.5), new KeyValuePair<string, object?>("t", true));
        Assert.Contains(
            "# HELP g two\\nlines \\\\ \"q\"\n# TYPE g gauge\ng{a_b=\"\\\"}\\n\\\\é\",n=\"1.5\",t=\"true\",} -2\n", await TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Buckets_of_a_histogram_are_cumulative_and_come_from_its_instrument()
    {
        var histogram = _meter.CreateHistogram("h", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        foreach (var value in (double[])[0.1, 0.75, 3, double.Epsilon])
            histogram.Record(value);
        Assert.Contains("""
            # TYPE h_seconds histogram
            h_seconds_bucket{le="0.5",} 2
            h_seconds_bucket{le="1",} 3
            h_seconds_bucket{le="+Inf",} 4
            h_seconds_sum 3.85
            h_seconds_count 4

            """, await TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(1e-9, "1E-09")]
    public async Task Numbers_are_written_as_Prometheus_reads_them(double value, string expected)
    {
        _meter.CreateObservableGauge("g", () => value);
        Assert.Contains($"\ng {expected}\n", await TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_asks_during_a_collection_shares_it_and_what_is_measured_does_not_wait()
    {
        using var collecting = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var counter = _meter.CreateCounter<long>("c");
        counter.Add(1);
        _meter.CreateObservableGauge("slow", () =>
        {
            collecting.Set();
            goOn.Wait(TestContext.Current.CancellationToken);
            return 1;
        });
        var first = _reader.ReadAsync();
        collecting.Wait(TestContext.Current.CancellationToken);
        Assert.Same(first, _reader.ReadAsync());
        counter.Add(1); // returns
        goOn.Set();
        Assert.NotNull(await first);
        Assert.Contains("\nc_total 2\n", await TextAsync(), StringComparison.Ordinal); // and the next collection is a new one
    }

    public void Dispose()
    {
        _provider.Dispose();
        _reader.Dispose();
        _meter.Dispose();
    }

    private async Task<string> TextAsync() => Encoding.UTF8.GetString((await _reader.ReadAsync())!);
}
