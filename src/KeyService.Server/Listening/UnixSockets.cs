using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace KeyService.Server.Listening;

/// <summary>Binds Unix sockets: for owner and group only, and in place of what a killed process left behind.</summary>
internal static class UnixSockets
{
    private const UnixFileMode OwnerAndGroup =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    public static Socket Bind(EndPoint endpoint)
    {
        if (endpoint is not UnixDomainSocketEndPoint unix)
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        var path = unix.ToString();
        RemoveStale(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(unix);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, OwnerAndGroup); // nobody can connect before Listen, which comes after this
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="IOException">Something that is in use, or no socket, stands there.</exception>
    private static void RemoveStale(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new IOException($"Listen:UnixSocket '{path}' is taken by something that is no socket of a former run.", e);
        }

        throw new IOException($"Listen:UnixSocket '{path}' is in use by another process.");
    }

    /// <summary>Connecting is refused by ordinary files as well. Those have a length or can be opened; a socket can not.</summary>
    private static bool IsSocket(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return false;
        }
        catch (IOException)
        {
            return true; // ENXIO
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
