using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using KeyService.Core.Signing;

namespace KeyService.Core.Tests.Signing;

public sealed class JwsHeaderTests
{
    [Fact]
    public void Members_stand_in_a_fixed_order() =>
        Assert.Equal("""{"alg":"PS256","kid":"k1","typ":"JWT"}""", Json(new JwsHeader(SigningAlgorithm.PS256, "k1")));

    [Fact]
    public void Without_a_type_there_is_no_typ() =>
        Assert.Equal("""{"alg":"ES256","kid":"k1"}""", Json(new JwsHeader(SigningAlgorithm.ES256, "k1", type: null)));

    [Theory]
    [InlineData("JWT")]
    [InlineData("at+jwt")] // RFC 9068 §2.1, not at\u002Bjwt
    [InlineData("application/at+jwt")]
    [InlineData("x")]
    [InlineData("!#$%&'*+-.^_`{|}~")]
    [InlineData("vnd.example.v1+jwt")]
    public void A_type_is_written_as_it_is_spelled(string type) =>
        Assert.Equal($$"""{"alg":"ES256","kid":"k1","typ":"{{type}}"}""", Json(new JwsHeader(SigningAlgorithm.ES256, "k1", type)));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a\"b")]
    [InlineData("a\\b")]
    [InlineData("a;b=c")]
    [InlineData("a,b")]
    [InlineData("a=b")]
    [InlineData("a\u0000")]
    [InlineData("a\u007f")]
    [InlineData("jwt\n")]
    [InlineData("é")]
    [InlineData("/jwt")]
    [InlineData("application/")]
    [InlineData("application/a/b")]
    public void A_type_that_is_no_media_type_is_refused(string type)
    {
        var exception = Assert.Throws<KeyServiceException>(() => new JwsHeader(SigningAlgorithm.ES256, "k1", type));
        Assert.Equal((KeyServiceError.InvalidArgument, "typ"), (exception.Error, exception.Field));
    }

    [Fact]
    public void A_type_has_at_most_64_characters()
    {
        Assert.Contains(new string('a', 64), Json(new JwsHeader(SigningAlgorithm.ES256, "k1", new string('a', 64))), StringComparison.Ordinal);
        Assert.Throws<KeyServiceException>(() => new JwsHeader(SigningAlgorithm.ES256, "k1", new string('a', 65)));
    }

    [Fact]
    public void A_kid_is_escaped_where_json_wants_it()
    {
        const string Kid = "a\"\\\n\u0001é";
        using var json = JsonDocument.Parse(Json(new JwsHeader(SigningAlgorithm.ES256, Kid)));
        Assert.Equal(Kid, json.RootElement.GetProperty("kid").GetString());
        Assert.Equal(3, json.RootElement.EnumerateObject().Count());
    }

    [Fact]
    public void A_kid_is_never_empty() => Assert.Throws<ArgumentException>(() => new JwsHeader(SigningAlgorithm.ES256, ""));

    private static string Json(JwsHeader header) => Encoding.UTF8.GetString(Base64Url.DecodeFromUtf8(header.Encoded));
}
