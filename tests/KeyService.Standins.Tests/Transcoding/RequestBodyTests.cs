using System.Net;
using System.Text;

namespace KeyService.Standins.Tests.Transcoding;

public sealed class RequestBodyTests(LibraryFixture library)
{
    [Theory]
    [InlineData("""{"text":"ä\u2028\ud83d\ude00"}""", """{"text":"ä\u2028\ud83d\ude00"}""")]
    [InlineData("""{"int32Value":7,"int64Value":"9007199254740993"}""", """{"int32Value":7,"int64Value":"9007199254740993"}""")]
    [InlineData("""{"int32_value":"7","int64_value":-8}""", """{"int32Value":7,"int64Value":"-8"}""")]
    [InlineData("""{"doubleValue":"NaN","flag":true}""", """{"doubleValue":"NaN","flag":true}""")]
    [InlineData("""{"blob":"+/+/"}""", """{"blob":"+/+/"}""")]
    [InlineData("""{"blob":"-_-_","blobs":["_w","_w=="],"children":[{"blob":"_w"}]}""", """{"blob":"+/+/","blobs":["/w==","/w=="],"children":[{"blob":"/w=="}]}""")]
    [InlineData("""{"colour":1,"colours":["COLOUR_RED",0]}""", """{"colour":"COLOUR_RED","colours":["COLOUR_RED","COLOUR_UNSPECIFIED"]}""")]
    [InlineData("""{"time":"2026-01-02T03:04:05.5Z","span":"1.5s","mask":"a,bC"}""", """{"time":"2026-01-02T03:04:05.500Z","span":"1.500s","mask":"a,bC"}""")]
    [InlineData("""{"wrapped":"w","wrappedFlag":false}""", """{"wrapped":"w","wrappedFlag":false}""")]
    [InlineData("""{"free":{"a":[1,{"b":null}]}}""", """{"free":{"a":[1,{"b":null}]}}""")]
    [InlineData("""{"labels":{"a_b":"1","aB":"2"},"titles":{"x":{"text":"t"}}}""", """{"labels":{"a_b":"1","aB":"2"},"titles":{"x":{"text":"t","language":""}}}""")]
    [InlineData("""{"maybe":0,"right":""}""", """{"maybe":0,"right":""}""")]
    [InlineData("""{"text":null,"child":null,"numbers":null}""", "{}")]
    [InlineData("""{"any":{"@type":"type.googleapis.com/keyservice.standins.tests.library.Title","text":"t"}}""",
        """{"any":{"@type":"type.googleapis.com/keyservice.standins.tests.library.Title","text":"t","language":""}}""")]
    [InlineData(" \n{}\t ", "{}")]
    public async Task Body_arrives_as_protobuf_json_reads_it(string body, string expected)
    {
        var (status, json) = await library.Server.CallAsync("POST", "/v1/echo", body);
        Assert.Equal(HttpStatusCode.OK, status);
        JsonAssert.Contains(expected, json);
    }

    [Theory]
    [InlineData("""{"txet":"a"}""", "txet", "unknown field")]
    [InlineData("""{"child":{"child":{"x":1}}}""", "child.child.x", "unknown field")]
    [InlineData("""{"children":[{},{"x":1}]}""", "children[1].x", "unknown field")]
    [InlineData("""{"titles":{"k":{"x":1}}}""", "titles[k].x", "unknown field")]
    [InlineData("""{"text":"a","text":"b"}""", "text", "duplicate field")]
    [InlineData("""{"text":"a","t\u0065xt":"a"}""", "text", "duplicate field")]
    [InlineData("""{"int32Value":1,"int32_value":1}""", "int32_value", "duplicate field")]
    [InlineData("""{"child":{"flag":true,"flag":true}}""", "child.flag", "duplicate field")]
    [InlineData("""{"labels":{"a":"1","a":"1"}}""", "labels[a]", "duplicate key")]
    [InlineData("""{"free":{"a":[{"b":1,"b":1}]}}""", "free.a[0].b", "duplicate field")]
    [InlineData("""{"text":1}""", "text", "JSON number")]
    [InlineData("""{"flag":"true"}""", "flag", "JSON string")]
    [InlineData("""{"int32Value":1.5}""", "int32Value", "")]
    [InlineData("""{"int32Value":2147483648}""", "int32Value", "")]
    [InlineData("""{"int32_value":"x"}""", "int32_value", "")]
    [InlineData("""{"numbers":[1,2,"x"]}""", "numbers[2]", "")]
    [InlineData("""{"numbers":1}""", "numbers", "")]
    [InlineData("""{"blob":"a*b"}""", "blob", "base64")]
    [InlineData("""{"blob":"abcde"}""", "blob", "base64")]
    [InlineData("""{"colour":"RED"}""", "colour", "RED")]
    [InlineData("""{"time":"yesterday"}""", "time", "")]
    [InlineData("""{"child":{"time":"2026-13-01T00:00:00Z"}}""", "child.time", "")]
    [InlineData("""{"children":[{"text":"a"},{"span":"1"}]}""", "children[1].span", "")]
    [InlineData("""{"child":"text"}""", "child", "")]
    [InlineData("""{"child":[]}""", "child", "")]
    [InlineData("""{"labels":[]}""", "labels", "")]
    [InlineData("""{"labels":{"a":1}}""", "labels", "")]
    [InlineData("""{"text":"\ud800"}""", "text", "surrogate")]
    [InlineData("""{"any":{"@type":"type.googleapis.com/no.such.Type"}}""", "any", "no.such.Type")]
    public async Task Wrong_member_is_refused_by_name(string body, string field, string reason)
    {
        var (status, json) = await library.Server.CallAsync("POST", "/v1/echo", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(3, (int)json!["code"]!);
        var detail = json["details"]!.AsArray().Single()!;
        Assert.Equal("type.googleapis.com/google.rpc.BadRequest", (string?)detail["@type"]);
        var violation = detail["fieldViolations"]!.AsArray().Single()!;
        Assert.Equal(field, (string?)violation["field"]);
        Assert.Contains(reason, (string?)violation["description"], StringComparison.Ordinal);
        Assert.StartsWith($"{field}: ", (string?)json["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{} x")]
    [InlineData("""{"text":"a",}""")]
    [InlineData("{text:1}")]
    [InlineData("{'text':'a'}")]
    [InlineData("/* c */{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("""{"left":"a","right":"b"}""")]
    [InlineData("\ufeff{}")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData("""{"blob":"\udc00"}""")]
    public async Task Body_that_is_no_such_object_is_refused(string body)
    {
        var (status, json) = await library.Server.CallAsync("POST", "/v1/echo", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(3, (int)json!["code"]!);
        Assert.StartsWith("The request body is not acceptable: ", (string?)json["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_cannot_break_out_of_the_field_it_fills()
    {
        var (status, _) = await library.Server.CallAsync("PUT", "/v1/books/dune", """{"text":"a"},"name":"other","title":{}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' })]
    [InlineData(new byte[] { 0xff, 0xfe, (byte)'{', 0, (byte)'}', 0 })]
    public async Task Body_that_is_not_utf8_is_refused(byte[] body)
    {
        using var content = LibraryServer.Content(body, "application/json");
        using var response = await library.Server.Client.PostAsync(new Uri("/v1/echo", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("not UTF-8", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nesting_is_bounded()
    {
        static string Nested(int depth) => string.Concat(Enumerable.Repeat("""{"child":""", depth)) + "{}" + new string('}', depth);
        Assert.Equal(HttpStatusCode.OK, (await library.Server.CallAsync("POST", "/v1/echo", Nested(50))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await library.Server.CallAsync("POST", "/v1/echo", Nested(70))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await library.Server.CallAsync("POST", "/v1/echo", Nested(100_000))).Status);
    }

    [Theory]
    [InlineData("application/json", HttpStatusCode.OK)]
    [InlineData("Application/JSON; charset=UTF-8", HttpStatusCode.OK)]
    [InlineData("application/json; charset=\"utf-8\"", HttpStatusCode.OK)]
    [InlineData("application/json; charset=utf-16", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    public async Task Only_json_in_utf8_is_read(string contentType, HttpStatusCode expected) =>
        Assert.Equal(expected, (await library.Server.CallAsync("POST", "/v1/echo", "{}", contentType)).Status);

    [Fact]
    public async Task Body_without_a_content_type_is_not_read()
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        using var response = await library.Server.Client.PostAsync(new Uri("/v1/echo", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Empty_body_is_the_empty_message() =>
        Assert.Equal(HttpStatusCode.OK, (await library.Server.CallAsync("POST", "/v1/echo")).Status);

    [Fact]
    public async Task Body_of_a_method_that_takes_none_is_refused() =>
        Assert.Equal(HttpStatusCode.BadRequest, (await library.Server.CallAsync("DELETE", "/v1/books/dune", "{}")).Status);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_is_bounded_by_the_largest_message_with_and_without_a_length(bool chunked)
    {
        await using var server = await LibraryServer.StartAsync(grpc => grpc.MaxReceiveMessageSize = 2_000_000);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(1_990_000));
        Assert.Equal(HttpStatusCode.TooManyRequests, await PostAsync(2_000_001));

        async Task<HttpStatusCode> PostAsync(int size)
        {
            var body = Encoding.ASCII.GetBytes($$"""{"text":"{{new string('a', size - 11)}}"}""");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/echo") { Content = LibraryServer.Content(body, "application/json") };
            request.Headers.TransferEncodingChunked = chunked;
            request.Headers.ExpectContinue = true; // else a refusal before the body was sent shows as a broken connection
            using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
    }

    [Theory]
    [InlineData("""{"name":"emma"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"name":"dune"}""", HttpStatusCode.OK)]
    [InlineData("""{"name":""}""", HttpStatusCode.OK)]
    public async Task Body_may_not_contradict_the_path(string body, HttpStatusCode expected)
    {
        var (status, json) = await library.Server.CallAsync("POST", "/v1/books/dune:lend", body);
        Assert.Equal(expected, status);
        if (expected == HttpStatusCode.OK)
            Assert.Equal("dune", (string?)json!["name"]);
        else
            Assert.Equal("name", (string?)json!["details"]![0]!["fieldViolations"]![0]!["field"]);
    }
}
