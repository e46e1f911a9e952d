using Google.Protobuf.Reflection;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>The full names of everything that a file declares.</summary>
internal static class DescriptorNames
{
    public static IEnumerable<string> In(FileDescriptor file) =>
    [
        .. file.Services.SelectMany(service => service.Methods.Select(method => method.FullName).Prepend(service.FullName)),
        .. file.MessageTypes.SelectMany(InMessage),
        .. file.EnumTypes.SelectMany(InEnum),
        .. file.Extensions.UnorderedExtensions.Select(extension => extension.FullName),
    ];

    /// <summary>The extensions that are declared inside a message and those nested in it.</summary>
    public static IEnumerable<FieldDescriptor> ExtensionsWithin(MessageDescriptor message) =>
        message.Extensions.UnorderedExtensions.Concat(message.NestedTypes.SelectMany(ExtensionsWithin));

    private static IEnumerable<string> InMessage(MessageDescriptor message) =>
    [
        message.FullName,
        .. message.Fields.InDeclarationOrder().Select(field => field.FullName),
        .. message.Oneofs.Where(oneof => !oneof.IsSynthetic).Select(oneof => oneof.FullName),
        .. message.EnumTypes.SelectMany(InEnum),
        .. message.NestedTypes.SelectMany(InMessage),
        .. message.Extensions.UnorderedExtensions.Select(extension => extension.FullName),
    ];

    private static IEnumerable<string> InEnum(EnumDescriptor type) => type.Values.Select(value => value.FullName).Prepend(type.FullName);
}
