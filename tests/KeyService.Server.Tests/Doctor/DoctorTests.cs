using System.Text.Json;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Server.Doctor;
using KeyService.Server.Guard;
using KeyService.Testing;

namespace KeyService.Server.Tests.Doctor;

public sealed class DoctorTests(SoftHsmTokens tokens) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyservice-doctor-");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_provider_that_works_is_told_of_as_a_table()
    {
        var (code, output) = await RunAsync(tokens.Token.PinFile);
        Assert.Equal(0, code);
        Assert.Contains("Provider softhsm: works", output, StringComparison.Ordinal);
        Assert.Contains("SoftHSM", output, StringComparison.Ordinal);
        Assert.Contains("CKM_ECDSA", output, StringComparison.Ordinal);
        Assert.Matches("VerifySignatures +Sampled", output);
        var rows = output.Split('\n').Where(static line => line.Contains("CKA_EXTRACTABLE=false", StringComparison.Ordinal)).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);
        Assert.Equal(["ES256", "PS256"], rows); // those of the key sets
    }

    [Fact]
    public async Task It_leaves_no_key_behind()
    {
        await RunAsync(tokens.Token.PinFile);
        var listing = await ProcessRun.RunAsync(
            "pkcs11-tool",
            ["--module", tokens.SoftHsm.Module, "--token-label", tokens.Token.Label, "--login", "--pin", tokens.Token.Pin, "--list-objects"],
            TimeSpan.FromSeconds(30), environment: tokens.SoftHsm.Environment, cancellationToken: Cancelled);
        Assert.Equal(0, listing.ExitCode);
        Assert.DoesNotContain(listing.Lines, static line => line.Contains("keyservice-doctor", StringComparison.Ordinal));
    }

    [Fact]
    public async Task As_json_it_has_the_figures_of_every_algorithm()
    {
        var (code, output) = await RunAsync(tokens.Token.PinFile, "--json", "--all");
        Assert.Equal(0, code);
        using var document = JsonDocument.Parse(output);
        var report = Assert.Single(document.RootElement.EnumerateArray());
        Assert.Equal("softhsm", report.GetProperty("name").GetString());
        Assert.True(report.GetProperty("works").GetBoolean());
        Assert.Equal("SoftHSM v2", report.GetProperty("facts").GetProperty("backend").GetProperty("model").GetString());
        var algorithms = report.GetProperty("algorithms").EnumerateArray().ToDictionary(static item => item.GetProperty("algorithm").GetString()!); // each has a name
        Assert.Equal(SigningAlgorithm.All.Select(static algorithm => algorithm.Name).Order(StringComparer.Ordinal), algorithms.Keys);
        Assert.Equal(0, algorithms["ML-DSA-65"].GetProperty("largestInput").GetInt32());
        var latency = algorithms["ES256"].GetProperty("latency");
        Assert.Equal(100, latency.GetProperty("count").GetInt32());
        Assert.True(0 < latency.GetProperty("p50").GetDouble() && latency.GetProperty("p50").GetDouble() <= latency.GetProperty("p99").GetDouble());
        Assert.All(algorithms["ES256"].GetProperty("evidence").EnumerateArray(), static evidence => Assert.True(evidence.GetProperty("holds").GetBoolean()));
    }

    [Fact]
    public async Task A_provider_that_fails_is_told_of_with_the_words_of_the_vendor()
    {
        var pin = Path.Combine(_folder.FullName, "pin");
        Secrets.Write(pin, "0000");
        var run = await Keyservice.StartAsync(["doctor", "--config", await WriteSettingsAsync(pin)], tokens.SoftHsm.Environment); // a process of its own: in this one the token is logged in to
        var output = string.Join('\n', run.Lines);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Provider softhsm: FAILS", output, StringComparison.Ordinal);
        Assert.Contains("CKR_PIN_INCORRECT", output, StringComparison.Ordinal);
        Assert.DoesNotContain("0000", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evidence_that_a_key_may_leave_is_a_failure_and_the_key_is_destroyed()
    {
        await using var provider = new TalkativeProvider(new KeyEvidence("CKA_EXTRACTABLE", "true", Holds: false));
        var report = await new ProviderExamination(provider, new GuardOptions(), TimeProvider.System).RunAsync([SigningAlgorithm.ES256], Cancelled);
        Assert.False(report.Works);
        Assert.Contains("CKA_EXTRACTABLE is true", Assert.Single(report.Algorithms).Failure!.Message, StringComparison.Ordinal); // a report that does not work has one
        Assert.Empty(provider.Keys.Labels);
    }

    [Fact]
    public async Task One_step_that_fails_does_not_end_the_others()
    {
        await using var provider = new TalkativeProvider(new KeyEvidence("Origin", "inside", Holds: true));
        provider.Keys.Refuses = static call => call == "sign" ? KeyServiceError.ProviderThrottled : null;
        var report = await new ProviderExamination(provider, new GuardOptions(), TimeProvider.System).RunAsync([SigningAlgorithm.ES256, SigningAlgorithm.RS256], Cancelled);
        Assert.Equal(["ES256", "RS256"], report.Algorithms.Select(static algorithm => algorithm.Algorithm));
        Assert.Equal(("sign", "ProviderThrottled"), (report.Algorithms[0].Failure!.Step, report.Algorithms[0].Failure!.Error)); // as before
        Assert.Null(report.Algorithms[1].Failure); // not offered is no failure
        Assert.Empty(provider.Keys.Labels);
    }

    private async Task<(int Code, string Output)> RunAsync(string pinFile, params string[] arguments)
    {
        return await Keyservice.RunAsync(["doctor", "--config", await WriteSettingsAsync(pinFile), .. arguments]);
    }

    private async Task<string> WriteSettingsAsync(string pinFile)
    {
        var file = Path.Combine(_folder.FullName, "keyservice.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["KeyService"] = new
            {
                Providers = new { softhsm = new { Type = "Pkcs11", tokens.SoftHsm.Module, TokenLabel = tokens.Token.Label, PinFile = pinFile } },
                KeySets = new { a = new { Signers = new[] { new { Algorithm = "ES256" }, new { Algorithm = "PS256" } } } },
            },
        }), Cancelled);
        return file;
    }
}
