using System.Text;
using Google.Protobuf;
using KeyService.Standins.Tests.Library;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;

namespace KeyService.Standins.Tests.Transcoding;

/// <summary>Whatever a caller sends is accepted and can be written back, or is refused. It never looks like our own fault.</summary>
public sealed class HostileValueTests
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-0", "-1", "1.0", "1e2", "1E400", "-1e400", "1e-400", "0.1", "2147483648", "-2147483649", "9223372036854775808",
        "18446744073709551616", "123456789012345678901234567890", "\"\"", "\" 1\"", "\"+1\"", "\"0x1\"", "\"1.0\"", "\"NaN\"", "\"Infinity\"",
        "\"-Infinity\"", "\"9223372036854775808\"", "\"s\"", "\"1s\"", "\"-1s\"", "\"1.s\"", "\"1.1234567891s\"", "\"315576000001s\"",
        "\"99999999999999999999s\"", "\"--1s\"", "\"2026-01-02T03:04:05Z\"", "\"0000-01-01T00:00:00Z\"", "\"10000-01-01T00:00:00Z\"",
        "\"2026-02-30T00:00:00Z\"", "\"2026-01-02T03:04:60Z\"", "\"2026-01-02T03:04:05+99:99\"", "\"0001-01-01T00:00:00+01:00\"",
        "\"9999-12-31T23:59:59-01:00\"", "\"2026-01-02T03:04:05.1234567891Z\"", "\"a..b\"", "\"a_b\"", "\",\"", "\"A\"", "\"_-\"", "\"=\"", "\"a===\"",
        "\"\\u0000\"", "\"\\udc00\"", "\"\\ud83d\\ude00\"", "\"COLOUR_RED\"", "\"colour_red\"", "[]", "[null]", "[[]]", "[{}]", "[1,\"x\"]", "{}", // Not "{\"\":null}": Google.Protobuf reads a Struct with an empty name but cannot write it.
        "{\"a\":null}", "{\"a\":{}}", "{\"a\":[]}", "{\"text\":{}}", "{\"@type\":1}", "{\"@type\":\"\"}", "{\"@type\":\"a\"}", "{\"@type\":\"a/b\"}",
        "{\"value\":1}", "{\"fields\":{}}", "{\"seconds\":1}", "{\"paths\":[]}",
    ];

    private static readonly JsonParser Parser = new(new JsonParser.Settings(JsonMessageReader.MaxDepth));
    private static readonly JsonResponseFormat Format = new(new GrpcJsonTranscodingOptions());

    public static TheoryData<string> Fields => [.. Everything.Descriptor.Fields.InFieldNumberOrder().Select(each => each.Name)];

    [Theory]
    [MemberData(nameof(Fields))]
    public void Member_is_read_and_written_back_or_refused(string field)
    {
        var reader = new JsonMessageReader(Parser);
        var (read, refused) = (0, 0);
        foreach (var value in Values)
        {
            try
            {
                Format.Whole(reader.Read(Encoding.UTF8.GetBytes($$"""{"{{field}}":{{value}}}"""), Everything.Descriptor, field: null), field: null);
                read++;
            }
            catch (RequestRefusedException)
            {
                refused++;
            }
        }

        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void Text_of_a_url_is_taken_or_refused(string name)
    {
        var field = FieldPath.Find(Everything.Descriptor, name);
        Assert.NotNull(field);
        if (!FieldText.CanHold(field.Leaf))
            return;
        foreach (var value in Values.Select(value => value.Trim('"')))
        {
            try
            {
                var json = FieldText.ToJson(field.Leaf, value);
                field.Fill(new Everything(), field.Leaf.IsRepeated ? $"[{json}]" : json, Parser);
            }
            catch (Exception e) when (e is FormatException || JsonMessageReader.IsComplaint(e))
            {
                Assert.NotEmpty(e.Message); // what the caller is told
            }
        }
    }
}
