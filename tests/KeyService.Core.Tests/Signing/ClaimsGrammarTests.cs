using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using KeyService.Core.Signing;

namespace KeyService.Core.Tests.Signing;

public sealed class ClaimsGrammarTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("\"exp\"")]
    [InlineData("[]")]
    [InlineData("""[{"exp":1}]""")]
    [InlineData("""{"exp":1""")]
    [InlineData("""{"exp":1}}""")]
    [InlineData("""{"exp":1}{}""")]
    [InlineData("""{"exp":1} x""")]
    [InlineData("""{"exp":1},""")]
    [InlineData("{\"exp\":1}\0")]
    [InlineData("""{"exp":1,}""")]
    [InlineData("""{"exp":1,"a":[1,]}""")]
    [InlineData("""{"exp":1/**/}""")]
    [InlineData("{\"exp\":1}//")]
    [InlineData("{\"exp\":1//\n}")]
    [InlineData("""{'exp':1}""")]
    [InlineData("""{exp:1}""")]
    [InlineData("""{"exp":01}""")]
    [InlineData("""{"exp":+1}""")]
    [InlineData("""{"exp":.5}""")]
    [InlineData("""{"exp":1.}""")]
    [InlineData("""{"exp":1e}""")]
    [InlineData("""{"exp":0x1}""")]
    [InlineData("""{"exp":NaN}""")]
    [InlineData("""{"exp":Infinity}""")]
    [InlineData("""{"exp":1,"a":True}""")]
    [InlineData("""{"exp":1,"a":"\x41"}""")]
    [InlineData("""{"exp":1,"a":"\u12"}""")]
    [InlineData("{\"exp\":1,\"a\":\"\n\"}")]
    [InlineData("\ufeff{\"exp\":1}")] // a BOM
    [InlineData("\u00a0{\"exp\":1}")] // white space, but not JSON's
    public void What_is_not_one_json_object_is_malformed(string json) => AssertMalformed(Encoding.UTF8.GetBytes(json));

    [Theory]
    [InlineData(" \t\r\n{ \"exp\" : 1 } \t\r\n")]
    [InlineData("""{"":0,"exp":1}""")]
    [InlineData("""{"exp":1,"a":"\ud83d\ude00\\u\\ud800\/\b\f\n\r\t\"\u0000"}""")]
    [InlineData("{\"exp\":1,\"a\":\"\u00e9\u20ac\U0001f600\u007f\u2028\"}")]
    public void What_is_unusual_but_right_is_read(string json) =>
        Assert.Equal(1, Claims.Read(Encoding.UTF8.GetBytes(json)).ExpiresAt.ToUnixTimeSeconds());

    [Theory]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xc0, 0x80 })] // overlong
    [InlineData(new byte[] { 0xe2, 0x82 })] // cut off
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })] // a surrogate
    [InlineData(new byte[] { 0xf4, 0x90, 0x80, 0x80 })] // past U+10FFFF
    [InlineData(new byte[] { 0xff })]
    public void Bytes_that_are_not_utf8_are_malformed(byte[] bytes)
    {
        AssertMalformed([.. "{\"exp\":1,\"a\":\""u8, .. bytes, .. "\"}"u8]);
        AssertMalformed([.. "{\"exp\":1,\""u8, .. bytes, .. "\":0}"u8]);
    }

    [Theory]
    [InlineData("""\ud800""")]
    [InlineData("""\uDC00""")]
    [InlineData("""\ud800x""")]
    [InlineData("""\ud800\ud800""")]
    [InlineData("""\ud800\u0041""")]
    [InlineData("""\ud800\\udc00""")]
    [InlineData("""\udc00\ud800""")]
    [InlineData("""\ud83d\ude00\ude00""")]
    [InlineData("""ab\n\ud83d""")]
    public void Half_a_surrogate_pair_is_malformed(string text)
    {
        AssertMalformed(Encoding.UTF8.GetBytes($$"""{"exp":1,"a":"{{text}}"}"""));
        AssertMalformed(Encoding.UTF8.GetBytes($$"""{"exp":1,"{{text}}":0}"""));
        AssertMalformed(Encoding.UTF8.GetBytes($$"""{"exp":1,"iss":"{{text}}"}"""));
        AssertMalformed(Encoding.UTF8.GetBytes($$"""{"exp":1,"aud":["{{text}}"]}"""));
        AssertMalformed(Encoding.UTF8.GetBytes($$"""{"exp":1,"a":[["{{text}}"]]}"""));
    }

    [Theory]
    [InlineData("""{"exp":1,"exp":1}""", "exp")]
    [InlineData("""{"exp":1,"\u0065xp":2}""", "exp")]
    [InlineData("""{"exp":1,"a":0,"b":0,"a":0}""", "a")]
    [InlineData("""{"exp":1,"o":{"a":0,"a":0}}""", "a")]
    [InlineData("""{"exp":1,"o":{"p":{"x":0},"a":0,"q":{"a":0},"a":0}}""", "a")]
    [InlineData("""{"exp":1,"o":[{"a":0},{"b":0,"b":0}]}""", "b")]
    [InlineData("""{"exp":1,"\u00e9":0,"é":0}""", "\\u00E9")]
    [InlineData("""{"exp":1,"":0,"":0}""", "")]
    [InlineData("""{"exp":1,"o":{},"o":{}}""", "o")]
    [InlineData("""{"exp":1,"a\nb":0,"a\u000ab":0}""", "a\\nb")]
    public void A_member_that_comes_twice_is_named(string json, string name) =>
        Assert.Contains($"\"{name}\"", AssertMalformed(Encoding.UTF8.GetBytes(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"exp":1,"a":{"exp":1,"a":0},"b":[{"a":0},{"a":0}]}""")]
    [InlineData("""{"exp":1,"A":0,"a":0,"a ":0,"":0}""")]
    [InlineData("""{"exp":1,"é":0,"e\u0301":0}""")] // equal only after normalization, which JSON does not have
    public void Equal_names_in_different_objects_are_fine(string json) => Claims.Read(Encoding.UTF8.GetBytes(json));

    [Fact]
    public void Many_members_are_told_apart()
    {
        var names = Enumerable.Range(0, 5000).Select(i => $"\"m{i.ToString(CultureInfo.InvariantCulture)}\":0");
        var json = "{\"exp\":1," + string.Join(',', names);
        Claims.Read(Encoding.UTF8.GetBytes(json + "}"));
        Assert.Contains("\"m4321\"", AssertMalformed(Encoding.UTF8.GetBytes(json + ",\"m4321\":0}")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "]", "[]")]
    [InlineData("{\"a\":", "}", "{}")]
    public void Sixteen_levels_are_the_most(string open, string close, string innermost)
    {
        string Nested(int levels) =>
            "{\"exp\":1,\"a\":" + string.Concat(Enumerable.Repeat(open, levels - 2)) + innermost
            + string.Concat(Enumerable.Repeat(close, levels - 2)) + "}";

        Claims.Read(Encoding.UTF8.GetBytes(Nested(Claims.MaxDepth)));
        AssertMalformed(Encoding.UTF8.GetBytes(Nested(Claims.MaxDepth + 1)));
        AssertMalformed(Encoding.UTF8.GetBytes(Nested(10_000)));
    }

    [Fact]
    public void Messages_name_the_place_and_never_quote_the_claims()
    {
        var message = AssertMalformed("{\"exp\":1,\n\"a\":secret}"u8.ToArray()).Message;
        Assert.Contains("line 2 at byte 5", message, StringComparison.Ordinal);
        Assert.DoesNotContain("s'", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    /// <summary>The platform's document parser, with the same limits, is a second opinion on what is malformed.</summary>
    [Fact]
    public void Malformed_is_what_the_platform_finds_malformed()
    {
        var original = """{"iss":"j\u006fe","aud":["a","b"],"exp":13,"a":{"b":[1.5e3,true,null,"\ud83d\ude00é"],"c":{"d":{}}},"f":-0.1}"""u8.ToArray();
        var plain = "abcdexpABu0138"u8.ToArray();
        var special = "{}[]\":,\\ \n\t.-+/*\u00c3\u0080"u8.ToArray();
        var mangled =
            from count in Gen.Choose(1, 2)
            from changes in Gen.Zip(
                Gen.Choose(0, original.Length - 1), Gen.Frequency((4, Gen.Elements(plain)), (1, Gen.Elements(special)))).ListOf(count)
            from cut in Gen.Frequency((20, Gen.Constant(0)), (1, Gen.Choose(1, 8)))
            select Mangle(original, changes, cut);

        var accepted = 0;
        Seeded.Check(
            Prop.ForAll(mangled.ToArbitrary(), json =>
            {
                var malformed = Record.Exception(() => Claims.Read(json)) is KeyServiceException { Error: KeyServiceError.InvalidArgument };
                accepted += malformed ? 0 : 1;
                // A claim of a wrong type may be met before what is malformed further on.
                return malformed ? !PlatformAccepts(json) : PlatformAccepts(json) || Rejected(json);
            }),
            cases: 2000);
        Assert.InRange(accepted, 200, 1800); // else the property would have tried one side only
    }

    private static bool Rejected(byte[] json) =>
        Record.Exception(() => Claims.Read(json)) is KeyServiceException { Error: KeyServiceError.ClaimsRejected };

    private static bool PlatformAccepts(byte[] json)
    {
        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = Claims.MaxDepth };
            using var document = JsonDocument.Parse(json, options);
            ReadStrings(document.RootElement);
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    private static void ReadStrings(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    ReadStrings(item);

                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    ReadStrings(member.Value);
                }

                break;
        }
    }

    private static byte[] Mangle(byte[] original, IEnumerable<(int At, byte Value)> changes, int cut)
    {
        var json = original[..^cut];
        foreach (var (at, value) in changes.Where(change => change.At < json.Length))
            json[at] = value;

        return json;
    }

    private static KeyServiceException AssertMalformed(byte[] json)
    {
        var exception = Assert.Throws<KeyServiceException>(() => Claims.Read(json));
        Assert.Equal((KeyServiceError.InvalidArgument, "claims_json"), (exception.Error, exception.Field));
        return exception;
    }
}
