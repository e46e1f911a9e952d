using System.Net;
using System.Net.Sockets;
using KeyService.Server.Configuration;
using KeyService.Testing;

namespace KeyService.Server.Tests.Configuration;

/// <summary>The settings file and the environment, and how the real process tells what is wrong with them.</summary>
public sealed class SettingsFileTests : IDisposable
{
    private const string Right = """
        {"KeyService":{"Providers":{"hsm":{"Type":"Pkcs11","Module":"/usr/lib/module.so","TokenLabel":"token","PinFile":"/run/pin"}},
        "KeySets":{"default":{"Signers":[{"Algorithm":"ES256"}]}},"Storage":{"Path":"DATABASE"},"Listen":{"Http":"http://127.0.0.1:PORT","Grpc":"http://127.0.0.1:0"}},
        "Logging":{"LogLevel":{"Default":"Warning"}}}
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyservice-settings-");

    [Theory]
    [InlineData("{\"KeyService\":", "settings.json")]
    [InlineData("", "settings.json")]
    [InlineData("[]", "settings.json")]
    [InlineData("null", "settings.json")]
    [InlineData("{\"KeyService\":{\"Jwks\":{\"MaxAge\":\"1m\",\"MaxAge\":\"2m\"}}}", "MaxAge")]
    [InlineData("{\"KeyService\":{\"Jwks\":{\"MaxAge\":\"1m\",\"maxage\":\"2m\"}}}", "KeyService:Jwks:maxage")]
    [InlineData("{\"KeyService\":{\"Jwks\":{},\"Jwks\":{\"MaxAge\":\"2m\"}}}", "Jwks")]
    [InlineData("{\"Kestrel\":{\"Endpoints\":{}}}", "Kestrel is unknown; known here: KeyService, Logging")]
    [InlineData("{\"Listen\":{\"Http\":\"http://127.0.0.1:1\"}}", "Listen is unknown")]
    [InlineData("{\"AllowedHosts\":\"*\"}", "AllowedHosts is unknown")]
    [InlineData("{\"Extra\":{}}", "Extra is unknown")]
    [InlineData("{\"Extra\":null}", "Extra is unknown")]
    public void A_file_that_holds_something_else_is_refused(string json, string problem)
    {
        var refusal = Assert.Throws<SettingsException>(() => SettingsLoader.Read(Write(json)));
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_right_is_taken()
    {
        var settings = SettingsLoader.Check(SettingsLoader.Read(Write(Right.Replace("PORT", "7", StringComparison.Ordinal))), DateTimeOffset.UnixEpoch);
        Assert.Equal(7, settings.Listen.Http.Port);
    }

    [Theory]
    [InlineData("/nowhere/settings.json")]
    [InlineData("")]
    public void A_file_that_is_not_there_is_refused(string file) => Assert.Throws<SettingsException>(() => SettingsLoader.Read(file));

    [Fact]
    public async Task The_process_names_the_value_and_ends_with_1()
    {
        var run = await RunAsync(Right.Replace("ES256", "HS256", StringComparison.Ordinal));
        Assert.Contains("KeyService:KeySets:default:Signers:0:Algorithm 'HS256' is refused", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_process_names_a_missing_file_and_ends_with_1()
    {
        var run = await StartAsync("--config", Path.Combine(_folder.FullName, "absent.json"));
        AssertRefused(run);
        Assert.Contains("absent.json", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_process_prefers_the_environment_to_the_file()
    {
        var run = await RunAsync(
            Right.Replace("ES256", "nonsense", StringComparison.Ordinal),
            ("KeyService__KeySets__default__Signers__0__Algorithm", "ES384"), ("KeyService__Jwks__MaxAge", "forever"), ("Kestrel__Endpoints", "of someone else"));
        Assert.Contains("KeyService:Jwks:MaxAge must be a duration", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("nonsense", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Kestrel", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_process_takes_the_file_from_the_environment()
    {
        var run = await StartAsync([], ("KEYSERVICE_CONFIG", Path.Combine(_folder.FullName, "absent.json")));
        AssertRefused(run);
        Assert.Contains("absent.json", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_process_tells_that_its_port_is_taken()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = $"{((IPEndPoint)other.LocalEndpoint).Port}";
        // No key set: nothing is to be signed, so the provider need not be there.
        var json = Right.Replace("PORT", port, StringComparison.Ordinal).Replace("\"default\":{\"Signers\":[{\"Algorithm\":\"ES256\"}]}", "", StringComparison.Ordinal);
        var run = await RunAsync(json);
        Assert.Contains(port, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_process_tells_that_its_database_cannot_be_made()
    {
        var path = Path.Combine(_folder.FullName, "settings.json", "keyservice.db"); // a file where a folder should be
        var run = await RunAsync(Right.Replace("DATABASE", path, StringComparison.Ordinal));
        Assert.Contains(path, run.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Write(string json)
    {
        var path = Path.Combine(_folder.FullName, "settings.json");
        File.WriteAllText(path, json
            .Replace("DATABASE", Path.Combine(_folder.FullName, "keyservice.db"), StringComparison.Ordinal)
            .Replace("PORT", "0", StringComparison.Ordinal));
        return path;
    }

    private async Task<ProcessResult> RunAsync(string json, params (string Name, string Value)[] environment)
    {
        var run = await StartAsync(["--config", Write(json)], environment);
        AssertRefused(run);
        return run;
    }

    private static void AssertRefused(ProcessResult run)
    {
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Contains("KeyService does not start.", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Output.Split('\n'), line => line.StartsWith("   at ", StringComparison.Ordinal)); // no stack trace
        Assert.DoesNotContain("Unhandled", run.Output, StringComparison.Ordinal);
    }

    private static Task<ProcessResult> StartAsync(params string[] arguments) => StartAsync(arguments, []);

    private static Task<ProcessResult> StartAsync(string[] arguments, params (string Name, string Value)[] environment) =>
        Keyservice.StartAsync(arguments, environment.ToDictionary(variable => variable.Name, variable => variable.Value));
}
