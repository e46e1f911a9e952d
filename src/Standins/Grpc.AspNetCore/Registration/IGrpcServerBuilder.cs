using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Adds to a gRPC server.</summary>
public interface IGrpcServerBuilder
{
    IServiceCollection Services { get; }
}
