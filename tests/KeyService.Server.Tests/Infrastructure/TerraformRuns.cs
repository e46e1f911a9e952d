using KeyService.Testing;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>Steps of terraform that must succeed.</summary>
internal static class TerraformRuns
{
    public static void SkipWithoutProgram() => Assert.SkipWhen(
        TerraformFolder.Program is null, "terraform is not on the PATH, and no package of Debian, npm or NuGet has it: https://developer.hashicorp.com/terraform/install");

    extension(TerraformFolder terraform)
    {
        /// <summary>Makes a folder ready. Skips where there is neither a mirror of providers nor a registry in reach.</summary>
        public async Task InitializeAsync(string folder)
        {
            var run = await terraform.RunAsync(folder, ["init"], environment: null, TestContext.Current.CancellationToken);
            Assert.SkipWhen(run.ExitCode != 0 && !terraform.HasMirror, $"There is no mirror of providers ({TerraformFolder.MirrorVariable}), and terraform init failed without: {run.Output}");
            Assert.True(run.ExitCode == 0, run.Output);
        }

        public async Task<string> SucceedAsync(string folder, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
        {
            var run = await terraform.RunAsync(folder, arguments, environment, TestContext.Current.CancellationToken);
            Assert.True(run.ExitCode == 0, $"terraform {string.Join(' ', arguments)} ended with {run.ExitCode}.\n{run.Output}");
            return run.Output;
        }
    }
}
