using KeyService.Testing;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>Steps of terraform that must succeed, and the two reasons for which they cannot even begin.</summary>
internal static class TerraformRuns
{
    private const string NoProgram = "terraform is not on the PATH, and no package of Debian, npm or NuGet has it: https://developer.hashicorp.com/terraform/install";

    public static void SkipWithoutProgram() => Assert.SkipWhen(TerraformFolder.Program is null, NoProgram);

    extension(TerraformFolder terraform)
    {
        /// <summary>Makes a folder ready. Says why that cannot be here, or null: there is neither a mirror of providers nor a registry in reach.</summary>
        public async Task<string?> InitializeAsync(string folder)
        {
            var run = await terraform.RunAsync(folder, ["init"], environment: null, TestContext.Current.CancellationToken);
            if (run.ExitCode != 0 && !terraform.HasMirror)
                return $"There is no mirror of providers ({TerraformFolder.MirrorVariable}), and terraform init failed without. {run.Output}";
            Assert.True(run.ExitCode == 0, run.Output);
            return null;
        }

        public async Task<string> SucceedAsync(string folder, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
        {
            var run = await terraform.RunAsync(folder, arguments, environment, TestContext.Current.CancellationToken);
            Assert.True(run.ExitCode == 0, $"terraform {string.Join(' ', arguments)} ended with {run.ExitCode}.\n{run.Output}");
            return run.Output;
        }
    }
}
