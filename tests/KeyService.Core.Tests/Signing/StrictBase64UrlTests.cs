using System.Buffers.Text;
using FsCheck.Fluent;
using KeyService.Core.Signing;

namespace KeyService.Core.Tests.Signing;

public sealed class StrictBase64UrlTests
{
    [Fact]
    public void What_is_encoded_is_decoded() =>
        Seeded.Check(Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(),
            bytes => StrictBase64Url.TryDecode(Base64Url.EncodeToString(bytes), out var decoded) && decoded.SequenceEqual(bytes)));

    [Fact]
    public void What_is_decoded_has_no_second_spelling() =>
        Seeded.Check(
            Prop.ForAll(
                Gen.Elements("AQgw-_=+/ \n%\u00e9".ToCharArray()).ArrayOf().ToArbitrary(),
                letters => !StrictBase64Url.TryDecode(letters, out var decoded)
                    || letters.AsSpan().SequenceEqual(Base64Url.EncodeToString(decoded))),
            cases: 5000);

    [Theory]
    [InlineData("A")] // no byte has 6 bits
    [InlineData("AAAAA")]
    [InlineData("AA==")]
    [InlineData("AAA=")]
    [InlineData("AB")] // loose bits, each of them
    [InlineData("AC")]
    [InlineData("AE")]
    [InlineData("AI")]
    [InlineData("AAB")]
    [InlineData("AAC")]
    [InlineData("AA A")]
    [InlineData("AA\nA")]
    [InlineData("+A")]
    [InlineData("/A")]
    [InlineData("AA%3")]
    public void Other_spellings_are_refused(string text)
    {
        Assert.False(StrictBase64Url.TryDecode(text, out var bytes));
        Assert.Empty(bytes);
    }
}
