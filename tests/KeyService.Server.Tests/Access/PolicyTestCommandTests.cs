using KeyService.Server.Configuration;

namespace KeyService.Server.Tests.Access;

public sealed class PolicyTestCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyservice-policy-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("dns:reader.example", "GetKeySet", "x", 0, "The grant at line 24 gives Read on key set 'x'.")]
    [InlineData("dns:reader.example", "/keyservice.v1.KeySetService/ListKeySets", null, 0, "by dns reader.example")]
    [InlineData("dns:reader.example", "Rotate", "x", 1, "None of its 1 grants gives Rotate on key set 'x'.")]
    [InlineData("uid:1000,gid:5", "Sign", "default", 1, "rawSign is off")]
    [InlineData("uid:1000,gid:5", "SignJwt", "default", 0, "principal 'local' (line 32), by unix uid 1000")]
    [InlineData("anonymous", "GetJwks", "tenant-a", 0, "is public")]
    [InlineData("anonymous", "GetJwks", "internal-a", 1, "The caller is anonymous")]
    [InlineData("dns:reader.example", "GetJwks", "internal-a", 0, "gives Read")]
    [InlineData("anonymous", "/health/live", null, 0, "for everyone")]
    [InlineData("spiffe://nobody.example/x", "Sign", "default", 1, "matches no principal")]
    public async Task A_decision_is_explained(string principal, string method, string? keySet, int code, string why)
    {
        string[] keySetArguments = keySet is null ? [] : ["--key-set", keySet];
        var (answer, output) = await RunAsync(["--principal", principal, "--method", method, .. keySetArguments]);
        Assert.Contains(why, output, StringComparison.Ordinal);
        Assert.StartsWith(code == 0 ? "ALLOWED" : "DENIED", output, StringComparison.Ordinal);
        Assert.Equal(code, answer);
    }

    [Theory]
    [InlineData("""{"exp":1}""", "The claims policy of that grant refuses: its typ is not among those allowed.")]
    [InlineData("""{"exp":"soon"}""", "Nobody could have these claims signed")]
    public async Task Claims_are_part_of_the_question(string claims, string why)
    {
        var typ = why.Contains("typ", StringComparison.Ordinal) ? "JWT" : "at+jwt";
        var (code, output) = await RunAsync("--principal", "spiffe://example.org/billing", "--method", "SignJwt", "--key-set", "tenant-a", "--claims", claims, "--typ", typ);
        Assert.Contains(why, output, StringComparison.Ordinal);
        Assert.Equal(1, code);
    }

    [Theory]
    [InlineData("--principal", "root", "--method", "Sign", "--principal 'root' is not understood")]
    [InlineData("--principal", "anonymous", "--method", "Steal", "--method 'Steal' is unknown")]
    [InlineData("--principal", "anonymous", "--method", "Sign", "--key-set is missing")]
    public async Task Values_that_it_does_not_know_are_refused_by_name(string a, string b, string c, string d, string problem)
    {
        var refused = await Assert.ThrowsAsync<SettingsException>(() => RunAsync(a, b, c, d));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var file = Path.Combine(_folder.FullName, "policy.yaml");
        await File.WriteAllTextAsync(file, Policies.Text, TestContext.Current.CancellationToken);
        return await Keyservice.RunAsync(["policy", "test", "--policy", file, .. arguments]);
    }
}
