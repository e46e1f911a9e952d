using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace KeyService.Server.Listening;

/// <summary>The process at the other end of a Unix socket, as the kernel saw it when it connected (unix(7), SO_PEERCRED).</summary>
internal sealed record PeerCredentials(uint Uid, uint Gid)
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>Leaves them on the connection, for the requests that come over it.</summary>
    public static ConnectionDelegate ReadInto(ConnectionDelegate next) => connection =>
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
            connection.Features.Set(Of(socket));
        return next(connection);
    };

    private static PeerCredentials Of(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[3 * sizeof(uint)]; // struct ucred: pid, uid, gid
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        var ids = MemoryMarshal.Cast<byte, uint>(credentials);
        return new PeerCredentials(ids[1], ids[2]);
    }
}
