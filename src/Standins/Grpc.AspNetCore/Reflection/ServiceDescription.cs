using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>Finds the protobuf descriptor behind a service class.</summary>
internal static class ServiceDescription
{
    /// <summary>Null for a service that protoc did not make.</summary>
    public static ServiceDescriptor? Of(Type serviceType)
    {
        for (var type = serviceType; type is not null; type = type.BaseType)
        {
            // The generated base carries the attribute, and the class around the base the descriptor.
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } generated)
            {
                return generated.BindType.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
                    ?.GetValue(null) as ServiceDescriptor;
            }
        }

        return null;
    }
}
