using System.Text.Json;
using KeyService.Testing.Aws;

namespace KeyService.Server.Tests.Doctor;

/// <summary>From the settings file to AWS and back, with the SDK's default chain of credentials.</summary>
public sealed class AwsKmsDoctorTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyservice-doctor-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_provider_of_type_AwsKms_is_examined_and_no_key_of_it_left_behind()
    {
        AwsKmsServer.UseInThisProcess();
        await using var server = await AwsKmsServer.StartAsync(Cancellation);
        var file = Path.Combine(_folder.FullName, "keyservice.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["KeyService"] = new
            {
                Providers = new { aws = new { Type = "AwsKms", AwsKmsServer.Region, Endpoint = server.Endpoint.OriginalString, DeletionWindowDays = 7, KeyTags = new { Team = "identity" } } },
                KeySets = new { a = new { Signers = new[] { new { Algorithm = "ES256" }, new { Algorithm = "PS256" }, new { Algorithm = "Ed25519" } } } },
            },
        }), Cancellation);
        var (code, output) = await Keyservice.RunAsync("doctor", "--config", file);

        Assert.True(code == 0, output);
        Assert.Contains("Provider aws: works", output, StringComparison.Ordinal);
        Assert.Equal(3, server.Keys.Count);
        Assert.All(server.Keys, static key => Assert.Equal(("PendingDeletion", "identity"), (key.State, key.Tags["Team"])));
        Assert.All(server.Keys, static key => Assert.Empty(key.Aliases));
    }
}
