using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Standins.Tests.Transcoding;

public sealed class InterceptorTests
{
    [Fact]
    public async Task Interceptors_see_transcoded_calls_with_their_whole_request()
    {
        var calls = new RecordedCalls();
        await using var server = await StartAsync(calls);
        await server.CallAsync("PUT", "/v1/books/dune?page=3&tags=a&tags=b", """{"text":"Dune"}""");
        await server.CallAsync("GET", "/v1/pages?count=1");

        Assert.Equal(2, calls.All.Count);
        var (method, request) = calls.All.First();
        Assert.Equal("/keyservice.standins.tests.library.Library/PutBook", method);
        JsonAssert.Contains("""{"name":"dune","page":3,"title":{"text":"Dune"},"tags":["a","b"]}""", JsonNode.Parse(request));
        Assert.Equal("/keyservice.standins.tests.library.Library/ReadPages", calls.All.Last().Method);
    }

    [Fact]
    public async Task Status_that_an_interceptor_chooses_is_answered()
    {
        await using var server = await StartAsync(new RecordedCalls());
        var (status, json) = await server.CallAsync("GET", "/v1/fail/100");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("""{"code":9,"message":"mapped by the interceptor","details":[]}""", json!.ToJsonString());
    }

    private static Task<LibraryServer> StartAsync(RecordedCalls calls) => LibraryServer.StartAsync(
        grpc => grpc.Interceptors.Add<RecordingInterceptor>(), services: services => services.AddSingleton(calls));
}
