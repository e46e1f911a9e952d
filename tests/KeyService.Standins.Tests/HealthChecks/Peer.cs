using KeyService.Testing;

namespace KeyService.Standins.Tests.HealthChecks;

/// <summary>Reads what a client program of another language printed.</summary>
internal static class Peer
{
    /// <summary>Every check must have run: a program that ends early has passed nothing.</summary>
    public static void AssertPassed(ProcessResult run, params string[] checks)
    {
        Assert.True(run.ExitCode == 0, run.Output);
        var lines = run.Output.Split('\n');
        Assert.All(checks, check => Assert.Contains($"ok {check}", lines));
    }
}
