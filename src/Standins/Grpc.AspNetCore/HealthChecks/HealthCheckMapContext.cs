namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A registered health check, for the choice whether it counts for a service.</summary>
public sealed class HealthCheckMapContext(string name, IEnumerable<string> tags)
{
    public string Name { get; } = name;

    public IEnumerable<string> Tags { get; } = tags;
}
