namespace Grpc.AspNetCore.HealthChecks;

/// <summary>What grpc.health.v1 answers.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>The empty name is mapped to all checks from the start.</summary>
    public ServiceMappingCollection Services { get; } = new();

    /// <summary>Leaves watches open when the server begins to stop, instead of a last NOT_SERVING. Off by default.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}
