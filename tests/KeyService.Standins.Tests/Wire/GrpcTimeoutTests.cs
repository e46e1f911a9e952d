using KeyService.Standins.Wire;

namespace KeyService.Standins.Tests.Wire;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData("1H", 3600_0000000L)]
    [InlineData("2M", 120_0000000L)]
    [InlineData("3S", 3_0000000L)]
    [InlineData("4m", 4_0000L)]
    [InlineData("5u", 50L)]
    [InlineData("600n", 6L)]
    [InlineData("1n", 1L)]
    [InlineData("0S", 0L)]
    [InlineData("99999999H", 99999999L * 3600_0000000L)]
    public void Every_unit_is_read(string text, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1.5S")]
    [InlineData("1,000m")]
    [InlineData("123456789m")]
    [InlineData("１S")]
    public void What_the_protocol_does_not_allow_is_refused(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Theory]
    [InlineData(0L, "0u")]
    [InlineData(-5L, "0u")]
    [InlineData(1L, "1u")]
    [InlineData(1_0000000L, "1000000u")]
    [InlineData(1000_0000000L, "1000000m")]
    [InlineData(1000000000_0000000L, "16666667M")]
    [InlineData(long.MaxValue, "99999999H")]
    public void The_finest_unit_that_fits_is_written(long ticks, string text) =>
        Assert.Equal(text, GrpcTimeout.Format(new TimeSpan(ticks)));
}
