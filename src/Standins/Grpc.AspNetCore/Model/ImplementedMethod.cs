using System.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>Finds a service's own method behind one that generated code lists.</summary>
internal static class ImplementedMethod
{
    /// <summary>The most derived one: it carries the attributes that count.</summary>
    public static MethodInfo Find(Type serviceType, Type baseType, IMethod method, params Type[] parameters)
    {
        for (var type = serviceType; type is not null; type = type == baseType ? null : type.BaseType)
        {
            var found = type.GetMethod(
                method.Name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly, parameters);
            if (found is not null)
                return found;
        }

        throw new InvalidOperationException($"{serviceType} has no method for {method.FullName}.");
    }

    public static List<object> MetadataOf(Type serviceType, MethodInfo implementation) =>
        [.. serviceType.GetCustomAttributes(inherit: true), .. implementation.GetCustomAttributes(inherit: true)];
}
