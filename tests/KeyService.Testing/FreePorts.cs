using System.Net;
using System.Net.Sockets;

namespace KeyService.Testing;

/// <summary>Ports of this machine that nobody listens on at this moment: for processes that must find the same one again when they are restarted.</summary>
public static class FreePorts
{
    public static int One() => Two().First;

    /// <summary>Both are held while the second is looked for: one after the other, the system may give the same one twice.</summary>
    public static (int First, int Second) Two()
    {
        using TcpListener first = new(IPAddress.Loopback, 0), second = new(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
