using KeyService.Testing;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>The modules' own tests, in HCL beside them, and the form of all files. Azure's provider can be had nowhere here: of its module only the form is checked.</summary>
public sealed class TerraformModuleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Every_file_has_the_canonical_form()
    {
        TerraformRuns.SkipWithoutProgram();
        var run = await ProcessRun.RunAsync(
            TerraformFolder.Program!, ["fmt", "-check", "-diff", "-recursive", "-no-color", TerraformFolder.Source], Limit, // skipped without
            environment: new Dictionary<string, string> { ["TF_CLI_CONFIG_FILE"] = "" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(run.ExitCode == 0, run.Output);
    }

    [Theory]
    [InlineData("aws-kms")]
    [InlineData("pkcs11")]
    [InlineData("postgres")]
    public async Task The_modules_own_tests_pass(string module)
    {
        TerraformRuns.SkipWithoutProgram();
        using var terraform = TerraformFolder.Create();
        var folder = $"modules/{module}";
        if (await terraform.InitializeAsync(folder) is { } unready)
            Assert.Skip(unready);
        var output = await terraform.SucceedAsync(folder, ["test"]);
        Assert.Matches("Success! [1-9][0-9]* passed, 0 failed", output);
    }

    [Fact]
    public async Task The_example_without_a_cloud_is_valid()
    {
        TerraformRuns.SkipWithoutProgram();
        using var terraform = TerraformFolder.Create();
        Assert.Null(await terraform.InitializeAsync("examples/hsm")); // it needs no provider
        await terraform.SucceedAsync("examples/hsm", ["validate"]);
    }
}
