namespace KeyService.Standins.Tests.Hosting;

/// <summary>One server with default settings for all tests of a class.</summary>
public sealed class SharedEchoServer : IAsyncLifetime
{
    private EchoServer? _server;

    internal EchoServer Server => _server ?? throw new InvalidOperationException("The server has not started.");

    public async ValueTask InitializeAsync() => _server = await EchoServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
