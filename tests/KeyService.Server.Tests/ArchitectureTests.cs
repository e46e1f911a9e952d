using System.Reflection;
using KeyService.Testing;

namespace KeyService.Server.Tests;

/// <summary>The arrows of src/DESIGN.md, read from the built assemblies.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["KeyService.Core"] = [],
        ["KeyService.Providers.Aws"] = ["KeyService.Core"],
        ["KeyService.Providers.Azure"] = ["KeyService.Core"],
        ["KeyService.Providers.Pkcs11"] = ["KeyService.Core"],
        ["KeyService.Storage"] = ["KeyService.Core"],
        ["KeyService.Server"] = ["KeyService.Core", "KeyService.Providers.Aws", "KeyService.Providers.Azure", "KeyService.Providers.Pkcs11", "KeyService.Storage", "KeyService.Standins.Core", "KeyService.Standins.Server"],
    };

    [Fact]
    public void Assemblies_refer_to_each_other_only_as_the_design_draws_it()
    {
        foreach (var (name, allowed) in Allowed)
        {
            var assembly = name == "KeyService.Server" ? "keyservice" : name; // named as operators call it
            var references = Assembly.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name!).Where(reference => reference.StartsWith("KeyService.", StringComparison.Ordinal));
            Assert.Empty(references.Except(allowed, StringComparer.Ordinal).Select(reference => $"{name} → {reference}"));
        }
    }

    [Fact]
    public void The_core_knows_no_server_no_database_and_no_gRPC()
    {
        var references = Assembly.Load("KeyService.Core").GetReferencedAssemblies().Select(reference => reference.Name!);
        Assert.All(references, reference => Assert.StartsWith("System.", reference, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_product_project_is_drawn()
    {
        var source = Path.Combine(Repository.Root, "src");
        var projects = Directory.EnumerateFiles(source, "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => !name.StartsWith("KeyService.Standins.", StringComparison.Ordinal));
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), projects.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("KeyService.Providers.*", "tests/KeyService.Providers.Tests", ": KeyProviderConformance")]
    [InlineData("KeyService.Storage/*", "tests/KeyService.Storage.Tests", ": KeySetStoreConformance")]
    public void Every_provider_and_store_has_its_conformance_subclass(string pattern, string tests, string subclass)
    {
        var parts = pattern.Split('/');
        var parents = parts.Length == 1
            ? Directory.GetDirectories(Path.Combine(Repository.Root, "src"), parts[0]).Select(folder => Path.GetFileName(folder).Split('.')[^1])
            : Directory.GetDirectories(Path.Combine(Repository.Root, "src", parts[0])).Select(folder => Path.GetFileName(folder)!).Where(name => name is not ("bin" or "obj"));
        foreach (var backend in parents)
        {
            var folder = Path.Combine(Repository.Root, tests, backend);
            Assert.True(
                Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.cs").Any(file => File.ReadAllText(file).Contains(subclass, StringComparison.Ordinal)),
                $"{backend} has no conformance tests in {tests}/{backend}.");
        }
    }
}
