using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>The generated base of a service and the generated method that lists its methods.</summary>
internal sealed record GeneratedBinding(Type BaseType, MethodInfo BindMethod)
{
    /// <summary>Null when no type that the service derives from was generated.</summary>
    public static GeneratedBinding? Of(Type serviceType)
    {
        for (var type = serviceType; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } bind)
                continue;

            var method = bind.BindType.GetMethod(
                bind.BindMethodName,
                BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic,
                [typeof(ServiceBinderBase), type]);
            return method is null
                ? throw new InvalidOperationException($"{bind.BindType} has no method {bind.BindMethodName} that binds {type}.")
                : new GeneratedBinding(type, method);
        }

        return null;
    }

    /// <summary>Null when protoc did not make the service.</summary>
    public ServiceDescriptor? Descriptor => BindMethod.DeclaringType
        ?.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)?.GetValue(null) as ServiceDescriptor;

    /// <summary>Lists the methods to a binder, without an instance of the service.</summary>
    public void Bind(ServiceBinderBase binder) => BindMethod.Invoke(null, [binder, null]);
}
