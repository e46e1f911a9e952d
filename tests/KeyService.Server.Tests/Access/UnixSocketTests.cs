using System.Net.Sockets;
using KeyService.Server.Listening;

namespace KeyService.Server.Tests.Access;

public sealed class UnixSocketTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyservice-unix-");

    private string SocketPath => Path.Combine(_folder.FullName, "ks.sock");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void It_is_for_owner_and_group()
    {
        using var socket = UnixSockets.Bind(new UnixDomainSocketEndPoint(SocketPath));
        var mode = OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(SocketPath);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, mode);
    }

    [Fact]
    public void What_a_killed_process_left_behind_is_replaced()
    {
        using (var former = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            former.Bind(new UnixDomainSocketEndPoint(SocketPath + ".moved"));
            File.Move(SocketPath + ".moved", SocketPath); // or closing it would remove the file, as a kill does not
        }

        using var socket = UnixSockets.Bind(new UnixDomainSocketEndPoint(SocketPath));
        socket.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));
        Assert.True(client.Connected);
    }

    [Fact]
    public void What_another_process_uses_is_left_alone()
    {
        using var other = UnixSockets.Bind(new UnixDomainSocketEndPoint(SocketPath));
        other.Listen();
        var refusal = Assert.Throws<IOException>(() => UnixSockets.Bind(new UnixDomainSocketEndPoint(SocketPath)));
        Assert.Contains("in use by another process", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_socket_is_left_alone()
    {
        File.WriteAllText(SocketPath, "");
        Assert.Throws<IOException>(() => UnixSockets.Bind(new UnixDomainSocketEndPoint(SocketPath)));
        Assert.True(File.Exists(SocketPath));
    }
}
