using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;

#pragma warning disable IDE0130 // the namespace is the official one
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers JSON transcoding.</summary>
public static class GrpcJsonTranscodingServiceExtensions
{
    /// <summary>Offers the methods that have a google.api.http option as JSON over HTTP too.</summary>
    public static IGrpcServerBuilder AddJsonTranscoding(this IGrpcServerBuilder grpcBuilder)
    {
        grpcBuilder.Services.TryAddEnumerable(ServiceDescriptor.Singleton(typeof(IServiceMethodProvider<>), typeof(TranscodingMethodProvider<>)));
        grpcBuilder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, TranscodingMatcherPolicy>());
        return grpcBuilder;
    }

    /// <inheritdoc cref="AddJsonTranscoding(IGrpcServerBuilder)"/>
    public static IGrpcServerBuilder AddJsonTranscoding(this IGrpcServerBuilder grpcBuilder, Action<GrpcJsonTranscodingOptions> configureOptions)
    {
        grpcBuilder.Services.Configure(configureOptions);
        return grpcBuilder.AddJsonTranscoding();
    }
}
