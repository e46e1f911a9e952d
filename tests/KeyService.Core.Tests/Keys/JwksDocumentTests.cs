using System.Text;
using System.Text.Json;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Core.Tests.Vectors;

namespace KeyService.Core.Tests.Keys;

public sealed class JwksDocumentTests
{
    [Fact]
    public void The_keys_stand_in_the_given_order()
    {
        var document = JwksDocument.Write(
        [
            new JwksEntry("b", SigningAlgorithm.RS256, TestKeys.RsaJwk),
            new JwksEntry("a", SigningAlgorithm.ES256, TestKeys.EcJwk),
            new JwksEntry("c", SigningAlgorithm.Ed25519, TestKeys.Ed25519Jwk),
        ]);

        using var json = JsonDocument.Parse(document);
        Assert.Equal("keys", Assert.Single(json.RootElement.EnumerateObject()).Name);
        var keys = json.RootElement.GetProperty("keys");
        Assert.Equal(["b", "a", "c"], keys.EnumerateArray().Select(key => key.GetProperty("kid").GetString()));
        Assert.Equal(
            [TestKeys.RsaJwk, TestKeys.EcJwk, TestKeys.Ed25519Jwk],
            keys.EnumerateArray().Select(RfcVectors.ReadJwk));
        Assert.DoesNotContain((byte)' ', document);
    }

    [Fact]
    public void Equal_keys_give_equal_bytes()
    {
        JwksEntry[] entries = [new("a", SigningAlgorithm.ES256, TestKeys.EcJwk)];
        Assert.Equal(JwksDocument.Write(entries), JwksDocument.Write(entries));
    }

    [Fact]
    public void No_keys_give_an_empty_list() => Assert.Equal("""{"keys":[]}""", Encoding.UTF8.GetString(JwksDocument.Write([])));

    [Fact]
    public void One_kid_for_two_keys_is_refused() =>
        Assert.Throws<ArgumentException>(() => JwksDocument.Write(
        [
            new JwksEntry("a", SigningAlgorithm.RS256, TestKeys.RsaJwk),
            new JwksEntry("a", SigningAlgorithm.ES256, TestKeys.EcJwk),
        ]));

    [Fact]
    public void The_public_keys_of_rfc_7517_come_out_as_they_went_in()
    {
        var rfc = RfcVectors.Load("rfc7517.json").GetProperty("keys")[1];
        var document = JwksDocument.Write([new JwksEntry("2011-04-29", SigningAlgorithm.RS256, TestKeys.RsaJwk)]);

        using var json = JsonDocument.Parse(document);
        var ours = json.RootElement.GetProperty("keys")[0];
        Assert.Equal("sig", ours.GetProperty("use").GetString());
        Assert.All(rfc.EnumerateObject(), member => Assert.Equal(member.Value.GetString(), ours.GetProperty(member.Name).GetString()));
    }
}
