using System.Net;

namespace KeyService.Standins.Tests.Transcoding;

public sealed class RoutingTests(LibraryFixture library)
{
    [Theory]
    [InlineData("GET", "/v1/books/dune", "GetBook", "dune")]
    [InlineData("REPORT", "/v1/books/dune", "GetBook", "dune")]
    [InlineData("DELETE", "/v1/books/dune", "DeleteBook", "dune")]
    [InlineData("GET", "/v1/files/a/b/c.txt", "GetBook", "a/b/c.txt")]
    [InlineData("GET", "/v1/files", "GetBook", "")]
    [InlineData("POST", "/v1/books/dune:lend", "Lend", "dune")]
    [InlineData("POST", "/v1/books/dune:return", "Return", "dune")]
    [InlineData("GET", "/v1/books/%C3%A4%20b", "GetBook", "ä b")]
    [InlineData("GET", "/v1/books/lend", "GetBook", "lend")]
    public async Task Method_and_path_choose_the_rpc(string method, string path, string rpc, string name)
    {
        var (status, json) = await library.Server.CallAsync(method, path);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(rpc, (string?)json!["rpc"]);
        Assert.Equal(name, (string?)json["name"]);
    }

    [Theory]
    [InlineData("GET", "/v1/books")]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("GET", "/v1/books/")]
    [InlineData("GET", "/V1/books/dune")]
    [InlineData("GET", "/v1/books/dune/tags/x")]
    [InlineData("POST", "/v1/books/dune:burn")]
    [InlineData("DELETE", "/v1/books/dune:burn")]
    [InlineData("POST", "/v1/books/dune:Lend")]
    [InlineData("POST", "/v1/books/dune/pages/1")]
    [InlineData("POST", "/v1/notOverHttp")]
    public async Task Unknown_path_is_not_found(string method, string path) =>
        Assert.Equal(HttpStatusCode.NotFound, (await library.Server.CallAsync(method, path)).Status);

    [Theory]
    [InlineData("POST", "/v1/books/dune", "DELETE, GET, PUT, REPORT")]
    [InlineData("GET", "/v1/books/dune:lend", "POST")]
    [InlineData("DELETE", "/v1/books/dune/pages/1:stamp", "POST")]
    [InlineData("GET", "/v1/books/dune/tags", "PATCH")]
    [InlineData("PUT", "/v1/echo", "GET, POST")]
    public async Task Wrong_method_is_not_allowed_and_the_right_ones_are_named(string method, string path, string allow)
    {
        using var response = await library.Server.SendAsync(method, path);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(allow, string.Join(", ", response.Content.Headers.Allow));
    }

    [Fact]
    public async Task Two_variables_and_a_verb_meet_in_one_path()
    {
        var (_, json) = await library.Server.CallAsync("POST", "/v1/books/dune/pages/42:stamp", """{"tags":["a"]}""");
        Assert.Equal("""{"rpc":"StampPage","name":"dune","page":42,"tags":["a"]}""", json!.ToJsonString());
    }

    [Fact]
    public async Task Variable_of_several_segments_fills_a_nested_field()
    {
        var (_, json) = await library.Server.CallAsync("GET", "/v1/shelves/1/books/2");
        Assert.Equal("shelves/1/books/2", (string?)json!["title"]!["text"]);
    }

    [Fact]
    public async Task Body_may_fill_one_field_and_the_response_be_one_field()
    {
        var (_, json) = await library.Server.CallAsync("PUT", "/v1/books/dune", """{"text":"Dune","language":"en"}""");
        Assert.Equal("""{"text":"Dune","language":"en"}""", json!.ToJsonString());
    }

    [Fact]
    public async Task Body_and_response_may_be_a_repeated_field()
    {
        var (_, json) = await library.Server.CallAsync("PATCH", "/v1/books/dune/tags?page=1", """["a","b"]""");
        Assert.Equal("""["a","b"]""", json!.ToJsonString());
    }

    [Fact]
    public async Task Response_field_that_is_not_set_is_null()
    {
        var (status, json) = await library.Server.CallAsync("PUT", "/v1/books/dune");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Null(json);
    }

    [Fact]
    public async Task Path_value_of_the_wrong_type_is_refused_by_name()
    {
        var (status, json) = await library.Server.CallAsync("POST", "/v1/books/dune/pages/first:stamp");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("page", (string?)json!["details"]![0]!["fieldViolations"]![0]!["field"]);
    }
}
