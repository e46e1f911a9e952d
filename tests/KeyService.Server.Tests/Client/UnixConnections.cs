using System.Net.Sockets;

namespace KeyService.Server.Tests.Client;

/// <summary>HTTP over a Unix socket, whatever the URL's host.</summary>
internal static class UnixConnections
{
    public static SocketsHttpHandler To(string path) => new()
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
