using KeyService.Standins.Tests.Transcoding;

[assembly: AssemblyFixture(typeof(LibraryFixture))]

namespace KeyService.Standins.Tests.Transcoding;

/// <summary>One server with default options for all tests that need no other.</summary>
public sealed class LibraryFixture : IAsyncLifetime
{
    private LibraryServer? _server;

    internal LibraryServer Server => _server ?? throw new InvalidOperationException("Not started.");

    public async ValueTask InitializeAsync() => _server = await LibraryServer.StartAsync();

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
