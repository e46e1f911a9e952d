using KeyService.Simulation.Planted;

namespace KeyService.Simulation;

/// <summary>A simulation proves something only if it finds what is there to be found.</summary>
public sealed class PlantedBugTests
{
    private const int MostSeeds = 120;

    public static TheoryData<string> Names => [.. Bugs.All.Select(planted => planted.Bug.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_bug_is_found(string name)
    {
        var (bug, rules) = Bugs.All.Single(planted => planted.Bug.Name == name);
        var (found, seeds) = Search(bug);
        Assert.True(found is not null, $"{MostSeeds} seeds did not find it");
        Assert.Contains(found.Rule, rules);
        TestContext.Current.SendDiagnosticMessage("{0}: seed {1}, by the rule: {2}", name, seeds, found.Rule!); // it was found, so there is a rule
    }

    [Fact]
    public void A_verifier_that_caches_longer_than_the_propagation_is_found_not_to_be_served()
    {
        var (found, _) = Search(new Bug { HasHeedlessVerifier = true });
        Assert.Equal("every token verifies for its whole life", found?.Rule);
        Assert.StartsWith("heedless", found!.Text, StringComparison.Ordinal); // it has a rule, so it was found
    }

    private static (Outcome? Found, int Seeds) Search(Bug bug)
    {
        for (var seed = 1; seed <= MostSeeds; seed++)
        {
            if (Run.Once(seed, bug, isTold: false) is { Rule: not null } found)
                return (found, seed);
        }

        return (null, MostSeeds);
    }
}
