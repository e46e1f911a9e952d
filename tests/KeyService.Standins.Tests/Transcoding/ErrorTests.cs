using System.Net;

namespace KeyService.Standins.Tests.Transcoding;

public sealed class ErrorTests(LibraryFixture library)
{
    [Theory]
    [InlineData(1, 499)]
    [InlineData(2, 500)]
    [InlineData(3, 400)]
    [InlineData(4, 504)]
    [InlineData(5, 404)]
    [InlineData(6, 409)]
    [InlineData(7, 403)]
    [InlineData(8, 429)]
    [InlineData(9, 400)]
    [InlineData(10, 409)]
    [InlineData(11, 400)]
    [InlineData(12, 501)]
    [InlineData(13, 500)]
    [InlineData(14, 503)]
    [InlineData(15, 500)]
    [InlineData(16, 401)]
    public async Task Grpc_status_becomes_its_http_status(int code, int httpStatus)
    {
        using var response = await library.Server.SendAsync("GET", $"/v1/fail/{code}");
        Assert.Equal(httpStatus, (int)response.StatusCode);
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            $$"""{"code":{{code}},"message":"failed as asked","details":[]}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Details_are_written_with_their_types()
    {
        var (_, json) = await library.Server.CallAsync("GET", "/v1/fail/8?details=true");
        Assert.Equal("failed with details", (string?)json!["message"]);
        Assert.Equal(
            [
                """{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ASKED_TO","domain":"library.test","metadata":{}}""",
                """{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}""",
                """{"@type":"type.googleapis.com/keyservice.standins.tests.library.Title","text":"of a registered type","language":""}""",
                """{"@type":"type.googleapis.com/unknown.Type","value":"YQ=="}""",
            ],
            json["details"]!.AsArray().Select(detail => detail!.ToJsonString()));
    }

    [Fact]
    public async Task Retry_info_becomes_retry_after_rounded_up()
    {
        using var response = await library.Server.SendAsync("GET", "/v1/fail/14?details=true");
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task Exception_of_a_handler_tells_the_caller_nothing()
    {
        var (status, json) = await library.Server.CallAsync("GET", "/v1/fail/100");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Equal("""{"code":2,"message":"Exception was thrown by handler.","details":[]}""", json!.ToJsonString());
    }

    [Fact]
    public async Task Exception_of_a_handler_is_told_when_detailed_errors_are_on()
    {
        await using var server = await LibraryServer.StartAsync(grpc => grpc.EnableDetailedErrors = true);
        var (_, json) = await server.CallAsync("GET", "/v1/fail/100");
        Assert.Contains("InvalidOperationException: a secret of the handler", (string?)json!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_quote_little_of_a_long_request()
    {
        var (_, json) = await library.Server.CallAsync("POST", "/v1/echo", $$"""{"{{new string('x', 100_000)}}":1}""");
        Assert.InRange(((string?)json!["message"])!.Length, 1, 1000);
    }
}
