using System.Net;

namespace KeyService.Standins.Tests.Transcoding;

public sealed class QueryTests(LibraryFixture library)
{
    [Theory]
    [InlineData("text=a%20b%2B%26&flag=true", """{"text":"a b+&","flag":true}""")]
    [InlineData("int32Value=-7&int64_value=9007199254740993&doubleValue=1e3", """{"int32Value":-7,"int64Value":"9007199254740993","doubleValue":1000}""")]
    [InlineData("blob=-_-_", """{"blob":"+/+/"}""")]
    [InlineData("blob=_w", """{"blob":"/w=="}""")]
    [InlineData("colour=COLOUR_RED&colours=1&colours=COLOUR_UNSPECIFIED", """{"colour":"COLOUR_RED","colours":["COLOUR_RED","COLOUR_UNSPECIFIED"]}""")]
    [InlineData("time=2026-01-02T03:04:05Z&span=1.5s&mask=a,bC", """{"time":"2026-01-02T03:04:05Z","span":"1.500s","mask":"a,bC"}""")]
    [InlineData("wrapped=w&wrappedFlag=true", """{"wrapped":"w","wrappedFlag":true}""")]
    [InlineData("numbers=1&numbers=2", """{"numbers":[1,2]}""")]
    [InlineData("child.text=a&child.child.int32_value=2", """{"text":"","child":{"text":"a","child":{"int32Value":2}}}""")]
    [InlineData("maybe=0&left=", """{"maybe":0,"left":""}""")]
    [InlineData("text=%22%5C%0A%22", """{"text":"\"\\\n\""}""")]
    public async Task Query_fills_the_fields_that_path_and_body_leave(string query, string expected)
    {
        var (status, json) = await library.Server.CallAsync("GET", $"/v1/echo?{query}");
        Assert.Equal(HttpStatusCode.OK, status);
        JsonAssert.Contains(expected, json);
    }

    [Theory]
    [InlineData("txet=a", "txet", "unknown query parameter")]
    [InlineData("child.x=a", "child.x", "unknown query parameter")]
    [InlineData("child=a", "child", "unknown query parameter")]
    [InlineData("children.text=a", "children.text", "unknown query parameter")]
    [InlineData("labels.a=b", "labels.a", "unknown query parameter")]
    [InlineData("free=a", "free", "unknown query parameter")]
    [InlineData("time.seconds=1", "time.seconds", "unknown query parameter")]
    [InlineData("text=a&text=b", "text", "duplicate query parameter")]
    [InlineData("int32Value=1&int32_value=1", "int32_value", "duplicate query parameter")]
    [InlineData("flag=yes", "flag", "true or false")]
    [InlineData("int32Value=x", "int32Value", "")]
    [InlineData("int32Value=", "int32Value", "")]
    [InlineData("numbers=1&numbers=x", "numbers", "")]
    [InlineData("colour=RED", "colour", "RED")]
    [InlineData("blob=*", "blob", "base64")]
    [InlineData("time=now", "time", "")]
    public async Task Wrong_parameter_is_refused_by_name(string query, string field, string reason)
    {
        var (status, json) = await library.Server.CallAsync("GET", $"/v1/echo?{query}");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        var violation = json!["details"]![0]!["fieldViolations"]!.AsArray().Single()!;
        Assert.Equal(field, (string?)violation["field"]);
        Assert.Contains(reason, (string?)violation["description"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endless_parameter_name_is_refused()
    {
        var name = string.Concat(Enumerable.Repeat("child.", 1000)) + "text";
        Assert.Equal(HttpStatusCode.BadRequest, (await library.Server.CallAsync("GET", $"/v1/echo?{name}=a")).Status);
    }

    [Theory]
    [InlineData("GET", "/v1/books/dune?name=emma", null)]
    [InlineData("GET", "/v1/books/dune?name=dune", null)]
    [InlineData("PUT", "/v1/books/dune?title.text=Emma", """{"text":"Dune"}""")]
    [InlineData("POST", "/v1/books/dune:lend?page=1", "{}")]
    public async Task Parameter_for_a_field_that_path_or_body_holds_is_refused(string method, string path, string? body) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await library.Server.CallAsync(method, path, body)).Status);
}
