using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Core.Storage;
using KeyService.Storage.Crash;

namespace KeyService.Storage.Tests.Documents;

public sealed class KeySetDocumentTests
{
    private static readonly Config ManyCases = Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(20).WithReplay(20261122, 7);

    [Fact]
    public void Any_key_set_is_read_as_it_was_written() =>
        Prop.ForAll(KeySetGen.KeySets, written =>
        {
            var read = KeySetDocument.Read(written.Name, KeySetDocument.Write(written));
            Assert.Equivalent(written, read, strict: true);
            Assert.Equal(KeySetDocument.Write(written), KeySetDocument.Write(read));
        }).Check(ManyCases);

    [Fact]
    public void A_damaged_byte_is_refused_or_changes_a_value_but_never_half_reads() =>
        Prop.ForAll(KeySetGen.KeySets, Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (keySet, place, value) =>
        {
            var document = KeySetDocument.Write(keySet);
            document[place % document.Length] = (byte)value;
            try
            {
                var read = KeySetDocument.Read(keySet.Name, document);
                // What is still a document must be written as it was read.
                Assert.Equal(
                    JsonNode.Parse(document)!.ToJsonString(), JsonNode.Parse(KeySetDocument.Write(read))!.ToJsonString()); // never JSON null
            }
            catch (KeyServiceException refusal)
            {
                AssertRefusal(refusal, keySet.Name);
            }
        }).Check(ManyCases);

    /// <summary>The bytes of format 1, for good: a change of them strands what is stored.</summary>
    [Fact]
    public void Format_1_is_written_as_in_the_file()
    {
        var expected = File.ReadAllText(FormatFile).TrimEnd();
        Assert.Equal(expected, Indented(KeySetDocument.Write(Full)));
    }

    [Fact]
    public void Format_1_is_read_from_the_file() =>
        Assert.Equivalent(Full, KeySetDocument.Read("orders", File.ReadAllBytes(FormatFile)), strict: true);

    [Fact]
    public void An_instant_is_written_in_utc_whatever_its_offset()
    {
        var utc = A.KeySet("orders");
        var local = utc with { Created = utc.Created.ToOffset(TimeSpan.FromHours(5)) };
        Assert.Equal(KeySetDocument.Write(utc), KeySetDocument.Write(local));
    }

    [Fact]
    public void A_document_of_a_newer_format_is_refused_as_such_whatever_else_it_holds()
    {
        var refusal = Assert.Throws<KeyServiceException>(
            () => KeySetDocument.Read("orders", """{"format":2,"name":["new"],"shape":{}}"""u8));
        AssertRefusal(refusal, "orders");
        Assert.Contains("newer version of KeyService", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("format 2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_under_another_name_is_refused() =>
        AssertRefusal(
            Assert.Throws<KeyServiceException>(() => KeySetDocument.Read("invoices", KeySetDocument.Write(A.KeySet("orders")))), "invoices");

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"format\":1}")]
    [InlineData("{\"format\":0}")]
    [InlineData("{\"format\":\"1\"}")]
    public void What_is_no_document_is_refused(string text) =>
        AssertRefusal(Assert.Throws<KeyServiceException>(() => KeySetDocument.Read("orders", Encoding.UTF8.GetBytes(text))), "orders");

    // A member is replaced by a value, or taken out where there is none.
    [Theory]
    [InlineData("revision", "0")]
    [InlineData("revision", "1.5")]
    [InlineData("created", null)]
    [InlineData("created", "\"2026-03-01T12:00:00Z\"")]
    [InlineData("created", "\"2026-03-01T12:00:00.0000000+01:00\"")]
    [InlineData("created", "1772366400")]
    [InlineData("keys", "null")]
    [InlineData("keys", null)]
    [InlineData("keys[0]", "null")]
    [InlineData("policy.retention", "\"7\"")]
    [InlineData("policy.retention", "\"-1.00:00:00\"")]
    [InlineData("policy.rotationPeriod", "\"00:00:00\"")]
    [InlineData("signers[1].modulusBits", "1024")]
    [InlineData("signers[0].modulusBits", "2048")]
    [InlineData("signers[0].algorithm", "\"HS256\"")]
    [InlineData("signers[0].algorithm", "\"es256\"")]
    [InlineData("signers[0].algorithm", "7")]
    [InlineData("keys[0].kid", "\"short\"")]
    [InlineData("keys[0].handle", "\"\"")]
    [InlineData("keys[0].handle", "null")]
    [InlineData("keys[0].publicKey.d", "\"AAAA\"")]
    [InlineData("keys[0].publicKey.x", "\"AAAA\"")]
    [InlineData("keys[0].publicKey.x", "\"not base64url!\"")]
    [InlineData("keys[0].publicKey.y", null)]
    [InlineData("keys[0].publicKey.crv", "\"P-384\"")]
    [InlineData("keys[0].publicKey.n", "\"AAAA\"")]
    [InlineData("keys[0].emergency", null)]
    [InlineData("keys[0].dates.destroys", null)]
    [InlineData("keys[0].dates.whim", "\"2026-03-01T12:00:00.0000000Z\"")]
    [InlineData("intents[0].id", "\"zz\"")]
    [InlineData("requests[0].intentIds", "[null]")]
    [InlineData("requests[0].id", "\"\"")]
    public void A_damaged_member_is_named(string path, string? value)
    {
        var document = JsonNode.Parse(KeySetDocument.Write(Full))!;
        Replace(document, path, value);
        var refusal = Assert.Throws<KeyServiceException>(
            () => KeySetDocument.Read("orders", Encoding.UTF8.GetBytes(document.ToJsonString())));
        AssertRefusal(refusal, "orders");
        // A missing member is told by the object that misses it; the log has the rest.
        var named = value is null && path.LastIndexOf('.') is > 0 and var end ? path[..end] : value is null ? "$" : path;
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repeated_member_is_refused() => AssertRefusesWith("\"revision\":1", "\"revision\":1,\"revision\":2");

    [Fact]
    public void Half_a_surrogate_pair_is_refused() => AssertRefusesWith("\"reason\":\"why\"", "\"reason\":\"\\ud83d\"");

    [Fact]
    public void What_could_not_be_read_back_is_not_written()
    {
        var good = A.KeySet("orders");
        KeySet[] bad =
        [
            good with { Name = "" },
            good with { Revision = 0 },
            good with { Signers = [good.Signers[0], good.Signers[0]] },
            good with { Signers = [new Signer(SigningAlgorithm.RS256, "hsm")] },
            good with { Keys = [good.Keys[0], good.Keys[0]] },
            good with { Keys = [good.Keys[0] with { Dates = good.Keys[0].Dates with { Deactivates = A.Noon } }] },
            good with { Keys = [good.Keys[0] with { Algorithm = SigningAlgorithm.ES384 }] },
            good with { Keys = [good.Keys[0] with { Reason = "half a pair: \ud83d" }] },
        ];
        Assert.All(bad, keySet => Assert.Throws<ArgumentException>(() => KeySetDocument.Write(keySet)));
    }

    private static string FormatFile => Path.Combine(AppContext.BaseDirectory, "Documents", "format-1.json");

    /// <summary>Has every member there is.</summary>
    private static KeySet Full => A.KeySet("orders") with
    {
        Revision = 42,
        Created = A.Noon.AddTicks(1234567),
        Deleted = A.Noon.AddDays(40),
        Issuer = "https://issuer.example",
        LegacyEdDsaName = true,
        Policy = A.KeySet("orders").Policy with { RotationPeriod = TimeSpan.FromDays(30.5) },
        Signers = [new Signer(SigningAlgorithm.ES256, "hsm"), new Signer(SigningAlgorithm.RS256, "aws", 3072)],
        Keys =
        [
            A.Key("orders/1", "first") with
            {
                Emergency = true,
                Dates = new KeyDates
                {
                    Created = A.Noon,
                    Published = A.Noon.AddSeconds(1),
                    Activates = A.Noon.AddMinutes(30),
                    Deactivates = A.Noon.AddDays(30),
                    Unpublishes = A.Noon.AddDays(31),
                    Destroys = A.Noon.AddDays(38),
                    Compromised = A.Noon.AddDays(32),
                    Erased = A.Noon.AddDays(39),
                },
            },
            A.Key("orders/2") with
            {
                Algorithm = SigningAlgorithm.RS256,
                Provider = "aws",
                PublicKey = new Jwk { KeyType = "RSA", Modulus = "vN3q", Exponent = "AQAB" },
            },
        ],
        Intents =
        [
            new KeyIntent
            {
                Id = "0123456789abcdef0123456789abcdef",
                Algorithm = SigningAlgorithm.Ed25519,
                Provider = "hsm",
                Created = A.Noon,
                Scheduled = true,
                Emergency = true,
                Reason = "κλειδί <lost>",
            },
        ],
        Requests = [new HandledRequest("request-1", "fingerprint", A.Noon, ["0123456789abcdef0123456789abcdef"])],
    };

    private static void AssertRefusesWith(string good, string bad)
    {
        var text = Encoding.UTF8.GetString(KeySetDocument.Write(A.KeySet("orders", "why")));
        Assert.Contains(good, text, StringComparison.Ordinal);
        var damaged = Encoding.UTF8.GetBytes(text.Replace(good, bad, StringComparison.Ordinal));
        AssertRefusal(Assert.Throws<KeyServiceException>(() => KeySetDocument.Read("orders", damaged)), "orders");
    }

    private static void AssertRefusal(KeyServiceException refusal, string name)
    {
        Assert.Equal(KeyServiceError.StoreUnavailable, refusal.Error);
        Assert.False(refusal.IsTransient);
        Assert.Contains($"'{name}'", refusal.Message, StringComparison.Ordinal);
    }

    private static void Replace(JsonNode document, string path, string? value)
    {
        var steps = path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.');
        var parent = steps[..^1].Aggregate(document, (node, step) => Child(node, step));
        if (parent is JsonArray array)
            array[int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture)] = JsonNode.Parse(value!); // elements are only replaced
        else if (value is null)
            Assert.True(parent.AsObject().Remove(steps[^1]));
        else
            parent[steps[^1]] = JsonNode.Parse(value);

        static JsonNode Child(JsonNode node, string step) =>
            (node is JsonArray elements ? elements[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : node[step])
            ?? throw new ArgumentException($"There is no {step}.");
    }

    private static string Indented(byte[] document)
    {
        using var parsed = JsonDocument.Parse(document);
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
            parsed.WriteTo(writer);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
