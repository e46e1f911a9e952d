using Grpc.Core;
using KeyService.Standins.Tests.Protos;

namespace KeyService.Standins.Tests.Hosting;

internal static class EchoClientExtensions
{
    /// <summary>One message, then a wait for the end of the call or of the server.</summary>
    public static AsyncServerStreamingCall<EchoResponse> ServerStreamAsyncHang(this EchoService.EchoServiceClient client, string id) =>
        client.ServerStream(new StreamRequest { Count = 1, Hang = true, Id = id }, cancellationToken: TestContext.Current.CancellationToken);
}
