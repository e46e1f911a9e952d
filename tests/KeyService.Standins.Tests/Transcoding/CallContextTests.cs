using System.Net;
using System.Text;

namespace KeyService.Standins.Tests.Transcoding;

public sealed class CallContextTests(LibraryFixture library)
{
    [Fact]
    public async Task Request_headers_are_metadata_and_response_headers_headers()
    {
        using var request = Echo("headers");
        request.Headers.Add("X-Given", "value");
        using var response = await library.Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("value", response.Headers.GetValues("x-seen").Single());
        Assert.Contains("\"headers\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Malformed_binary_header_is_the_callers_fault()
    {
        using var request = Echo("headers");
        request.Headers.TryAddWithoutValidation("x-some-bin", "***");
        using var response = await library.Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Handler_reaches_the_http_context()
    {
        var (_, json) = await library.Server.CallAsync("POST", "/v1/echo", """{"text":"path"}""");
        Assert.Equal("/v1/echo", (string?)json!["left"]);
    }

    [Theory]
    [InlineData("20m", HttpStatusCode.GatewayTimeout)]
    [InlineData("soon", HttpStatusCode.BadRequest)]
    public async Task Grpc_timeout_is_the_deadline(string timeout, HttpStatusCode expected)
    {
        using var request = Echo("wait");
        request.Headers.Add("grpc-timeout", timeout);
        using var response = await library.Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Settings_choose_how_json_is_written()
    {
        await using var server = await LibraryServer.StartAsync(json: json =>
        {
            json.JsonSettings.IgnoreDefaultValues = true;
            json.JsonSettings.WriteEnumsAsIntegers = true;
            json.JsonSettings.WriteIndented = true;
        });
        using var response = await server.SendAsync("POST", "/v1/echo", """{"colour":"COLOUR_RED"}""");
        Assert.Equal("{\n  \"colour\": 1\n}", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static HttpRequestMessage Echo(string text) => new(HttpMethod.Post, "/v1/echo")
    {
        Content = LibraryServer.Content(Encoding.UTF8.GetBytes($$"""{"text":"{{text}}"}"""), "application/json"),
    };
}
