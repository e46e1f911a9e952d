using KeyService.Server.Configuration;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Tests.Telemetry;

public sealed class KeySetLabelsTests
{
    private readonly KeySetLabels _labels = new(TelemetrySettings.Default with { KeySets = 2 });

    [Fact]
    public void So_many_key_sets_have_a_label_of_their_own_and_the_others_share_one()
    {
        Assert.Equal(["a", "b", KeySetLabels.Other, "a", KeySetLabels.Other], ((string[])["a", "b", "c", "a", "c"]).Select(_labels.Claim));
    }

    [Fact]
    public void To_be_asked_about_takes_no_label()
    {
        Assert.Equal(KeySetLabels.Other, _labels.Of("a"));
        Assert.Equal(["b", "c", KeySetLabels.Other], ((string[])["b", "c", "a"]).Select(_labels.Claim));
    }

    [Fact]
    public void Key_sets_that_come_at_once_get_no_more_labels_than_there_are()
    {
        var labels = new KeySetLabels(TelemetrySettings.Default with { KeySets = 50 });
        var given = Enumerable.Range(0, 4000).AsParallel().Select(i => labels.Claim($"s{i % 400}")).Distinct().ToArray();
        Assert.Equal(51, given.Length);
    }
}
