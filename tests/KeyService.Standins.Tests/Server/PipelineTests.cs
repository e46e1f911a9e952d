using Grpc.Core;
using Grpc.Core.Interceptors;
using KeyService.Standins.Tests.Hosting;
using KeyService.Standins.Tests.Protos;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Standins.Tests.Server;

public sealed class PipelineTests
{
    [Fact]
    public async Task Interceptors_run_in_the_order_of_their_registration()
    {
        var order = new List<string>();
        await using var server = await EchoServer.StartAsync(options =>
        {
            options.Interceptors.Add<Recorder>("outer");
            options.Interceptors.Add<Recorder>("inner");
        }, services => services.AddSingleton(order));

        await server.Client.UnaryAsync(new EchoRequest(), cancellationToken: TestContext.Current.CancellationToken);
        using var stream = server.Client.ServerStream(new StreamRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        Assert.Equal(
            ["outer Unary", "inner Unary", "outer ServerStream", "inner ServerStream"],
            order.Where(entry => !entry.StartsWith("disposed", StringComparison.Ordinal)));
        Assert.Equal(2, order.Count(entry => entry == "disposed outer"));
    }

    [Fact]
    public async Task A_registered_interceptor_is_taken_from_the_calls_services_and_left_to_them()
    {
        var order = new List<string>();
        using var registered = new Recorder(order, "registered");
        await using var server = await EchoServer.StartAsync(
            options => options.Interceptors.Add<Recorder>(), services => services.AddSingleton(registered));

        await server.Client.UnaryAsync(new EchoRequest(), cancellationToken: TestContext.Current.CancellationToken);
        await server.Client.UnaryAsync(new EchoRequest(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["registered Unary", "registered Unary"], order);
    }

    [Fact]
    public async Task Endpoints_name_their_grpc_method_to_middleware()
    {
        string? method = null;
        await using var server = await EchoServer.StartAsync(
            services: services => services.AddSingleton<Action<ServerCallContext>>(context => method =
                context.GetHttpContext().Features.Get<Microsoft.AspNetCore.Http.Features.IEndpointFeature>()?.Endpoint
                    ?.Metadata.GetMetadata<Grpc.AspNetCore.Server.GrpcMethodMetadata>()?.Method.FullName),
            configure: options => options.Interceptors.Add<Peek>());

        await server.Client.EmptyAsync(new EmptyRequest(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("/standins.v1.EchoService/Empty", method);
    }

    internal sealed class Recorder(List<string> order, string name) : Interceptor, IDisposable
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            order.Add($"{name} {context.Method.Split('/')[^1]}");
            return continuation(request, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            order.Add($"{name} {context.Method.Split('/')[^1]}");
            return continuation(request, responseStream, context);
        }

        public void Dispose() => order.Add($"disposed {name}");
    }

    internal sealed class Peek(Action<ServerCallContext> look) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            look(context);
            return continuation(request, context);
        }
    }
}
