namespace KeyService.Server.Tests;

public sealed class VerbTests
{
    [Fact]
    public async Task The_help_lists_the_verbs()
    {
        var (code, output) = await Keyservice.RunAsync("--help");
        Assert.Equal(0, code);
        Assert.All(["doctor", "health", "recover", "policy", "audit", "--config"], word => Assert.Contains($"  {word} ", output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("'sign'", "sign")]
    [InlineData("'settings.json'", "settings.json")]
    [InlineData("'--port=80'", "--port=80")]
    [InlineData("'--yaml'", "doctor", "--yaml")]
    [InlineData("'maybe'", "doctor", "--all=maybe")]
    [InlineData("'read'", "audit", "read")]
    [InlineData("'https://127.0.0.1:8443'", "health", "https://127.0.0.1:8443")]
    [InlineData("'--verbose'", "policy", "test", "--policy", "p", "--principal", "anonymous", "--method", "Sign", "--verbose", "yes")]
    [InlineData("'--principal'", "policy", "test", "--policy", "p", "--method", "Sign")]
    [InlineData("'--method'", "policy", "test", "--policy", "p", "--principal", "anonymous", "--method", "Sign", "--method", "Sign")]
    [InlineData("'--config'", "--config")]
    [InlineData("'--config'", "--config", "a.json", "--config", "b.json")]
    [InlineData("'--config'", "--config", "a.json", "doctor", "--config", "b.json")]
    [InlineData("Required command", "policy")]
    public async Task What_it_does_not_know_is_named_and_nothing_is_done(string named, params string[] arguments)
    {
        var (code, output) = await Keyservice.RunAsync(arguments);
        Assert.Equal(1, code);
        Assert.Contains(named, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_begins_like_an_option_or_a_file_of_them_is_a_value()
    {
        var hash = "-h" + new string('A', 41);
        var (code, output) = await Keyservice.RunAsync("audit", "verify", "@absent", "--from", "1", "--hash", hash);
        Assert.Equal(1, code);
        Assert.Contains("/@absent'", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_verb_that_fails_says_why_and_no_more()
    {
        var run = await Keyservice.StartAsync(["policy", "test", "--policy", "/nowhere/policy.yaml", "--principal", "anonymous", "--method", "Sign"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["The settings are wrong:", "--policy '/nowhere/policy.yaml' cannot be read: Could not find a part of the path '/nowhere/policy.yaml'."], run.Lines);
    }
}
