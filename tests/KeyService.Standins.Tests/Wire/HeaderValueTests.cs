using System.Text;
using Grpc.Core;
using KeyService.Standins.Wire;

namespace KeyService.Standins.Tests.Wire;

public sealed class HeaderValueTests
{
    [Theory]
    [InlineData("plain text ~", "plain text ~")]
    [InlineData("100%", "100%25")]
    [InlineData("ä\n", "%C3%A4%0A")]
    public void Messages_are_percent_encoded_and_back(string message, string encoded)
    {
        Assert.Equal(encoded, PercentEncoding.Encode(message));
        Assert.Equal(message, PercentEncoding.Decode(encoded));
    }

    [Theory]
    [InlineData("100%", "100%")]
    [InlineData("%zz%4", "%zz%4")]
    [InlineData("%25", "%")]
    [InlineData("ä%C3%A4", "ää")]
    public void Invalid_escapes_are_left_alone(string encoded, string message) => Assert.Equal(message, PercentEncoding.Decode(encoded));

    [Theory]
    [InlineData("AQI=")]
    [InlineData("AQI")]
    [InlineData(" AQI= ")]
    public void Binary_values_are_read_with_and_without_padding(string text) => Assert.Equal([1, 2], BinaryHeader.Decode(text));

    [Theory]
    [InlineData("A")]
    [InlineData("A*I=")]
    public void Binary_values_that_are_not_base64_are_refused(string text) =>
        Assert.Throws<FormatException>(() => BinaryHeader.Decode(text));

    [Fact]
    public void Joined_binary_values_are_taken_apart()
    {
        var metadata = new Metadata();
        MetadataHeaders.Add(metadata, "x-bin", "AQ==,Ag, Aw==");
        Assert.Equal([[1], [2], [3]], metadata.GetAll("X-BIN").Select(entry => entry.ValueBytes));
    }

    [Fact]
    public void Metadata_keeps_the_protocols_own_headers_out()
    {
        var metadata = new Metadata();
        foreach (var name in (string[])[":path", "grpc-timeout", "Content-Type", "te", "Host", "x!", ""])
            MetadataHeaders.Add(metadata, name, "1");
        Assert.Empty(metadata);
    }

    [Fact]
    public void Metadata_refuses_keys_and_values_of_the_wrong_kind()
    {
        var metadata = new Metadata { { "Some-Key", "value" } };
        Assert.Equal("some-key", metadata[0].Key);
        Assert.Equal(Encoding.ASCII.GetBytes("value"), metadata[0].ValueBytes);
        Assert.Throws<ArgumentException>(() => metadata.Add("x-bin", "text"));
        Assert.Throws<ArgumentException>(() => metadata.Add("x", [1]));
        Assert.Throws<ArgumentException>(() => metadata.Add("x y", "1"));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("x", "1"));
    }
}
