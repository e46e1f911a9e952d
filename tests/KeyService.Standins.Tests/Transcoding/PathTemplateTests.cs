using Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

namespace KeyService.Standins.Tests.Transcoding;

public sealed class PathTemplateTests
{
    [Theory]
    [InlineData("/v1/keySets", "/v1/keySets", "")]
    [InlineData("/v1/keySets/{key_set}", "/v1/keySets/a", "key_set=a")]
    [InlineData("/v1/keySets/{key_set}:signJwt", "/v1/keySets/a:signJwt", "key_set=a")]
    [InlineData("/v1/keySets/{key_set}/keys/{kid}:revoke", "/v1/keySets/a/keys/b-_9:revoke", "key_set=a,kid=b-_9")]
    [InlineData("/v1/keySets:batch", "/v1/keySets:batch", "")]
    [InlineData("/v1/{a.b.c}", "/v1/x", "a.b.c=x")]
    [InlineData("/v1/{name=shelves/*}", "/v1/shelves/1", "name=shelves/1")]
    [InlineData("/v1/{name=shelves/*/books/*}:read", "/v1/shelves/1/books/2:read", "name=shelves/1/books/2")]
    [InlineData("/v1/{parent=shelves/*}/books/{book}", "/v1/shelves/1/books/2", "parent=shelves/1,book=2")]
    [InlineData("/v1/{name=**}", "/v1/a/b/c", "name=a/b/c")]
    [InlineData("/v1/{name=**}", "/v1", "name=")]
    [InlineData("/v1/{name=files/**}:read", "/v1/files/a/b:read", "name=files/a/b")]
    [InlineData("/v1/*/books/{book}", "/v1/any/books/2", "book=2")]
    [InlineData("/v1/**", "/v1/a/b", "")]
    public void Template_binds_the_variables_of_a_matching_path(string template, string path, string expected)
    {
        var parsed = PathTemplate.Parse(template);
        var values = parsed.Match(path);
        Assert.NotNull(values);
        Assert.Equal(expected, string.Join(',', parsed.Variables.Zip(values, (variable, value) => $"{variable.FieldPath}={value}")));
    }

    [Theory]
    [InlineData("/v1/keySets/{key_set}", "/v1/keySets/a:signJwt")]
    [InlineData("/v1/keySets/{key_set}", "/v1/keySets/a/b")]
    [InlineData("/v1/keySets/{key_set}", "/v1/keySets/")]
    [InlineData("/v1/keySets/{key_set}", "/v1/keySets")]
    [InlineData("/v1/keySets/{key_set}", "/v1/KeySets/a")]
    [InlineData("/v1/keySets/{key_set}", "/v1/keySets/a/")]
    [InlineData("/v1/keySets/{key_set}:signJwt", "/v1/keySets/a")]
    [InlineData("/v1/keySets/{key_set}:signJwt", "/v1/keySets/a:signjwt")]
    [InlineData("/v1/keySets/{key_set}:signJwt", "/v1/keySets/:signJwt")]
    [InlineData("/v1/keySets/{key_set}:signJwt", "/v1/keySets/a:b:signJwtx")]
    [InlineData("/v1/{name=shelves/*}", "/v1/shelf/1")]
    [InlineData("/v1/{name=**}:read", "/v1/a/b:write")]
    [InlineData("/v1/a", "v1/a")]
    [InlineData("/v1/a", "")]
    public void Template_refuses_another_path(string template, string path) =>
        Assert.Null(PathTemplate.Parse(template).Match(path));

    [Theory]
    [InlineData("", "'/' is missing at character 1")]
    [InlineData("/", "a segment is missing at character 2")]
    [InlineData("v1", "'/' is missing at character 1")]
    [InlineData("/v1//a", "a segment is missing at character 5")]
    [InlineData("/v1/", "a segment is missing at character 5")]
    [InlineData("/v1/{a", "'}' is missing at character 7")]
    [InlineData("/v1/{}", "a field name is missing at character 6")]
    [InlineData("/v1/{9a}", "a field name is missing")]
    [InlineData("/v1/{a.}", "a field name is missing at character 8")]
    [InlineData("/v1/{a={b}}", "a variable inside a variable")]
    [InlineData("/v1/{a}/{a}", "variable a appears twice")]
    [InlineData("/v1/{a=**}/b", "\"**\" must be the last segment")]
    [InlineData("/v1/**/b", "\"**\" must be the last segment")]
    [InlineData("/v1/***", "unexpected character at character 7")]
    [InlineData("/v1/a:", "a segment is missing at character 7")]
    [InlineData("/v1/a:b:c", "unexpected character at character 8")]
    [InlineData("/v1/a:b/c", "unexpected character at character 8")]
    [InlineData("/v1/a?b", "unexpected character at character 6")]
    [InlineData("/v1/{a}b", "unexpected character at character 8")]
    public void Malformed_template_is_refused_with_the_place_of_the_fault(string template, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => PathTemplate.Parse(template)).Message, StringComparison.Ordinal);
}
