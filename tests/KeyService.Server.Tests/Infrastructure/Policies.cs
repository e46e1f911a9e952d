using System.Text.Json;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>IAM policies by their actions alone, which is what moto looks at.</summary>
internal static class Policies
{
    /// <summary>Allows the actions on everything.</summary>
    public static string Allowing(IEnumerable<string> actions) =>
        JsonSerializer.Serialize(new { Version = "2012-10-17", Statement = new[] { new { Effect = "Allow", Action = actions, Resource = "*" } } });

    /// <summary>Trusts one identity to assume a role.</summary>
    public static string Trusting(string arn) =>
        JsonSerializer.Serialize(new { Version = "2012-10-17", Statement = new[] { new { Effect = "Allow", Action = "sts:AssumeRole", Principal = new { AWS = arn } } } });

    /// <summary>Each action that a policy allows, once.</summary>
    public static IReadOnlyList<string> ActionsOf(string policy)
    {
        using var document = JsonDocument.Parse(policy);
        return [.. document.RootElement.GetProperty("Statement").EnumerateArray()
            .SelectMany(static statement => statement.GetProperty("Action").EnumerateArray())
            .Select(static action => action.GetString()!) // a list of texts
            .Distinct().Order(StringComparer.Ordinal)];
    }
}
