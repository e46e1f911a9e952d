using System.Net;
using System.Text.Json.Nodes;

namespace KeyService.Standins.Tests.Transcoding;

public sealed class StreamingTests(LibraryFixture library)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_message_is_a_line()
    {
        using var response = await library.Server.SendAsync("GET", "/v1/pages?count=3");
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.EndsWith("}\n", body, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], body.Trim().Split('\n').Select(line => (int)JsonNode.Parse(line)!["number"]!));
    }

    [Fact]
    public async Task Messages_stay_on_their_lines_when_json_is_indented()
    {
        await using var server = await LibraryServer.StartAsync(json: json => json.JsonSettings.WriteIndented = true);
        using var response = await server.SendAsync("GET", "/v1/pages?count=2");
        Assert.Equal(2, (await response.Content.ReadAsStringAsync(Cancellation)).Trim().Split('\n').Length);
    }

    [Fact]
    public async Task Stream_without_messages_is_empty()
    {
        using var response = await library.Server.SendAsync("GET", "/v1/pages");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Failure_before_the_first_message_has_its_http_status()
    {
        var (status, json) = await library.Server.CallAsync("GET", "/v1/pages?failWith=5");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal(5, (int)json!["code"]!);
    }

    [Fact]
    public async Task Failure_after_messages_is_the_last_line()
    {
        using var response = await library.Server.SendAsync("GET", "/v1/pages?count=1&failWith=14");
        var lines = (await response.Content.ReadAsStringAsync(Cancellation)).Split('\n');
        Assert.Equal("""{"code":14,"message":"no more pages","details":[]}""", lines[^1]);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public async Task Messages_are_sent_at_once_and_the_call_is_cancelled_when_the_client_leaves()
    {
        await using var server = await LibraryServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/pages?count=1&linger=true");
        using (var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
            Assert.Contains("\"number\": 1", await reader.ReadLineAsync(Cancellation), StringComparison.Ordinal); // while the handler lingers
            Assert.False(server.Signals.Cancelled.IsCompleted);
        }

        await server.Signals.Cancelled.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }
}
