using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Request = Grpc.Reflection.V1.ServerReflectionRequest.MessageRequestOneofCase;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>Answers one reflection request.</summary>
internal static class ReflectionAnswer
{
    public static ServerReflectionResponse To(ServerReflectionRequest request, DescriptorIndex index)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case Request.ListServices:
                response.ListServicesResponse = new ListServiceResponse { Service = { index.ServiceNames.Select(name => new ServiceResponse { Name = name }) } };
                break;
            case Request.FileByFilename:
                SetFile(response, index.FileNamed(request.FileByFilename));
                break;
            case Request.FileContainingSymbol:
                SetFile(response, index.FileWith(request.FileContainingSymbol));
                break;
            case Request.FileContainingExtension:
                var wanted = request.FileContainingExtension;
                SetFile(response, index.ExtensionsOf(wanted.ContainingType)?.FirstOrDefault(extension => extension.FieldNumber == wanted.ExtensionNumber)?.File);
                break;
            case Request.AllExtensionNumbersOfType:
                SetNumbers(response, request.AllExtensionNumbersOfType, index);
                break;
            default:
                SetError(response, StatusCode.Unimplemented, "The request asks nothing that this server knows.");
                break;
        }

        return response;
    }

    private static void SetFile(ServerReflectionResponse response, FileDescriptor? file)
    {
        if (file is null)
            SetError(response, StatusCode.NotFound, "Not found.");
        else
            response.FileDescriptorResponse = new FileDescriptorResponse { FileDescriptorProto = { WithImports(file).Select(each => each.SerializedData) } };
    }

    private static void SetNumbers(ServerReflectionResponse response, string type, DescriptorIndex index)
    {
        if (index.ExtensionsOf(type) is { } extensions)
            response.AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = type, ExtensionNumber = { extensions.Select(extension => extension.FieldNumber) } };
        else
            SetError(response, StatusCode.NotFound, "Not found.");
    }

    private static void SetError(ServerReflectionResponse response, StatusCode code, string message) =>
        response.ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message };

    // All of them at once: simple clients take the first answer for complete and do not ask for imports.
    private static HashSet<FileDescriptor> WithImports(FileDescriptor file)
    {
        var files = new HashSet<FileDescriptor>();
        Add(file);
        return files;

        void Add(FileDescriptor each)
        {
            if (!files.Add(each))
                return;
            foreach (var import in each.Dependencies)
                Add(import);
        }
    }
}
