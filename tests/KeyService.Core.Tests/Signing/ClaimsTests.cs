using System.Globalization;
using System.Text;
using KeyService.Core.Signing;

namespace KeyService.Core.Tests.Signing;

public sealed class ClaimsTests
{
    [Fact]
    public void The_registered_claims_are_read() =>
        Assert.Equal(
            new Claims
            {
                Issuer = "joe",
                ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(1300819380),
                NotBefore = DateTimeOffset.FromUnixTimeMilliseconds(1300819370500),
                IssuedAt = DateTimeOffset.UnixEpoch,
            },
            Read("""
                {"iss":"joe", "sub":"s", "jti":"j", "aud":["a","b"], "exp":1300819380, "nbf":1300819370.5, "iat":0,
                 "http://example.com/is_root":true, "nested":{"exp":"not ours","iss":[1]}, "list":[{"iat":null},[],"x",1e9]}
                """));

    [Fact]
    public void The_claims_of_rfc_7515_are_read() =>
        Assert.Equal(
            new Claims { Issuer = "joe", ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(1300819380) },
            Read(Vectors.RfcVectors.Find("RFC 7515 A.2").Payload));

    [Fact]
    public void Escaped_names_and_values_mean_what_they_say() =>
        Assert.Equal("jo\ud83d\ude00\"", Read("""{"\u0069ss":"\u006a\u006f\uD83D\ude00\"","\u0065xp":1}""").Issuer);

    [Theory]
    [InlineData("1300819380", 1300819380)]
    [InlineData("1300819380.0", 1300819380)]
    [InlineData("1300819380.000001", 1300819381)]
    [InlineData("1300819380.9", 1300819381)]
    [InlineData("1.3e9", 1300000000)]
    [InlineData("13E8", 1300000000)]
    [InlineData("0", 0)]
    [InlineData("0.5e1", 5)]
    [InlineData("1e-20", 1)]
    [InlineData("1300819380.0000000000000000000000000000000000000000000000", 1300819380)]
    [InlineData("1300819380.1000000000000000000000000000000000000000000001", 1300819381)]
    [InlineData("253402300799", 253402300799)]
    public void Exp_is_rounded_up_to_a_second(string number, long seconds) =>
        Assert.Equal(seconds, Read($$"""{"exp":{{number}}}""").ExpiresAt.ToUnixTimeSeconds());

    [Theory]
    [InlineData("exp", "253402300800")]
    [InlineData("exp", "253402300799.5")]
    [InlineData("exp", "1e400")]
    [InlineData("exp", "99999999999999999999999999999999999999")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "-0.1")]
    [InlineData("exp", "-1e-400")]
    [InlineData("exp", "\"1300819380\"")]
    [InlineData("exp", "null")]
    [InlineData("exp", "true")]
    [InlineData("exp", "[1300819380]")]
    [InlineData("exp", "{}")]
    [InlineData("nbf", "253402300800")]
    [InlineData("nbf", "-1")]
    [InlineData("nbf", "null")]
    [InlineData("iat", "\"0\"")]
    [InlineData("iat", "1e400")]
    [InlineData("iss", "1")]
    [InlineData("iss", "null")]
    [InlineData("iss", "[\"joe\"]")]
    [InlineData("sub", "{}")]
    [InlineData("jti", "7")]
    [InlineData("aud", "1")]
    [InlineData("aud", "null")]
    [InlineData("aud", "{}")]
    [InlineData("aud", "[\"a\",1]")]
    [InlineData("aud", "[[\"a\"]]")]
    [InlineData("aud", "[null]")]
    public void A_registered_claim_of_another_type_is_rejected(string claim, string value)
    {
        var exception = Assert.Throws<KeyServiceException>(() => Read(claim == "exp"
            ? $$"""{"exp":{{value}}}"""
            : $$"""{"exp":1,"{{claim}}":{{value}}}"""));
        Assert.Equal((KeyServiceError.ClaimsRejected, "claims_json." + claim), (exception.Error, exception.Field));
    }

    [Theory]
    [InlineData("\"a\"")]
    [InlineData("\"\"")]
    [InlineData("[]")]
    [InlineData("[\"a\",\"b\"]")]
    public void An_audience_is_a_string_or_strings(string value) => Read($$"""{"exp":1,"aud":{{value}}}""");

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Exp":1}""")]
    [InlineData("""{"a":{"exp":1}}""")]
    [InlineData("""{"aud":["exp"]}""")]
    public void Exp_is_required(string json)
    {
        var exception = Assert.Throws<KeyServiceException>(() => Read(json));
        Assert.Equal((KeyServiceError.ClaimsRejected, "claims_json.exp"), (exception.Error, exception.Field));
    }

    [Theory]
    [InlineData(1, null, null, 1, null)] // alive until then
    [InlineData(0, null, null, 1, "exp")] // over at this moment
    [InlineData(-1, null, null, 1, "exp")]
    [InlineData(3600, null, null, 3600, null)]
    [InlineData(3601, null, null, 3600, "exp")]
    [InlineData(10, 9, 9, 3600, null)]
    [InlineData(10, 10, null, 3600, "nbf")]
    [InlineData(10, null, 10, 3600, "iat")]
    public void A_token_lives_now_and_not_longer_than_its_key_is_published(
        int expiresIn, int? notBefore, int? issuedAt, int latest, string? fault)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var claims = new Claims
        {
            ExpiresAt = now.AddSeconds(expiresIn),
            NotBefore = notBefore is { } n ? now.AddSeconds(n) : null,
            IssuedAt = issuedAt is { } i ? now.AddSeconds(i) : null,
        };

        var exception = Record.Exception(() => claims.CheckLifetime(now, now.AddSeconds(latest)));
        if (fault is null)
        {
            Assert.Null(exception);
            return;
        }

        var rejected = Assert.IsType<KeyServiceException>(exception);
        Assert.Equal((KeyServiceError.ClaimsRejected, $"claims_json.{fault}"), (rejected.Error, rejected.Field));
    }

    [Fact]
    public void A_fraction_of_a_second_past_the_latest_expiry_is_too_late()
    {
        var latest = DateTimeOffset.FromUnixTimeSeconds(1_800_000_100);
        var claims = Read($$"""{"exp":{{latest.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}}.000000001}""");
        Assert.Throws<KeyServiceException>(() => claims.CheckLifetime(latest.AddSeconds(-100), latest));
    }

    [Fact]
    public void Reading_allocates_no_more_than_the_issuer()
    {
        var json = Encoding.UTF8.GetBytes("""{"iss":"https://issuer.example","sub":"s","aud":["a","b"],"exp":1800000000,"deep":{"er":{"x":[1,2]}}}""");
        Assert.Equal("https://issuer.example", Claims.Read(json).Issuer);
        Assert.InRange(Allocations.Least(() => Claims.Read(json)), 1, 100);
    }

    private static Claims Read(string json) => Claims.Read(Encoding.UTF8.GetBytes(json));
}
