using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>The descriptors of all mapped services, found by file, symbol and extended type.</summary>
internal sealed class DescriptorIndex(IEnumerable<EndpointDataSource> endpoints)
{
    private readonly Lazy<Content> _content = new(() => Content.Of(endpoints)); // at the first question, when all is mapped

    public IReadOnlyList<string> ServiceNames => _content.Value.ServiceNames;

    public FileDescriptor? FileNamed(string name) => _content.Value.Files.GetValueOrDefault(name);

    /// <param name="symbol">The full name of a message, enum, enum value, field, oneof, service, method or extension.</param>
    public FileDescriptor? FileWith(string symbol) => _content.Value.Symbols.GetValueOrDefault(symbol);

    /// <summary>By number; null when there is no such message.</summary>
    public IReadOnlyList<FieldDescriptor>? ExtensionsOf(string message) =>
        _content.Value.Symbols.ContainsKey(message) ? [.. _content.Value.Extensions[message]] : null;

    private sealed record Content(
        IReadOnlyList<string> ServiceNames,
        Dictionary<string, FileDescriptor> Files,
        Dictionary<string, FileDescriptor> Symbols,
        ILookup<string, FieldDescriptor> Extensions)
    {
        public static Content Of(IEnumerable<EndpointDataSource> endpoints)
        {
            var services = endpoints.SelectMany(source => source.Endpoints)
                .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
                .OfType<Type>()
                .Distinct()
                .Select(serviceType => GeneratedBinding.Of(serviceType)?.Descriptor)
                .OfType<ServiceDescriptor>()
                .DistinctBy(service => service.FullName)
                .ToList();
            var files = new Dictionary<string, FileDescriptor>(StringComparer.Ordinal);
            foreach (var service in services)
                AddWithImports(files, service.File);
            return new Content(
                [.. services.Select(service => service.FullName).Order(StringComparer.Ordinal)],
                files,
                SymbolsOf(files.Values),
                files.Values.SelectMany(AllExtensions).OrderBy(extension => extension.FieldNumber).ToLookup(extension => extension.ExtendeeType.FullName, StringComparer.Ordinal));
        }

        private static void AddWithImports(Dictionary<string, FileDescriptor> files, FileDescriptor file)
        {
            if (!files.TryAdd(file.Name, file))
                return;
            foreach (var import in file.Dependencies)
                AddWithImports(files, import);
        }

        private static Dictionary<string, FileDescriptor> SymbolsOf(IEnumerable<FileDescriptor> files)
        {
            var symbols = new Dictionary<string, FileDescriptor>(StringComparer.Ordinal);
            foreach (var file in files)
            {
                foreach (var name in DescriptorNames.In(file))
                    symbols[name] = file;
            }

            return symbols;
        }

        private static IEnumerable<FieldDescriptor> AllExtensions(FileDescriptor file) =>
            file.Extensions.UnorderedExtensions.Concat(file.MessageTypes.SelectMany(DescriptorNames.ExtensionsWithin));
    }
}
