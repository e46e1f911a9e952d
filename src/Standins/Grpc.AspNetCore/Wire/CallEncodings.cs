using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Wire;

/// <summary>The header <c>grpc-accept-encoding</c>.</summary>
internal static class CallEncodings
{
    /// <summary>What the server itself understands.</summary>
    public const string Supported = "identity,gzip";

    public static bool Accepts(IHeaderDictionary requestHeaders, string encoding)
    {
        foreach (var line in requestHeaders.GrpcAcceptEncoding)
        {
            foreach (var part in line.AsSpan().Split(','))
            {
                if (line.AsSpan(part).Trim().Equals(encoding, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }
}
