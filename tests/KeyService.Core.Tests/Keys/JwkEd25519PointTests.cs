using KeyService.Core.Keys;
using KeyService.Core.Tests.Vectors;

namespace KeyService.Core.Tests.Keys;

public sealed class JwkEd25519PointTests
{
    [Fact]
    public void The_public_keys_of_rfc_8032_are_usable() =>
        Assert.All(RfcVectors.Load("rfc8032.json").EnumerateArray(), vector =>
            Assert.True(JwkEd25519Point.IsPublicKey(Convert.FromHexString(vector.GetProperty("publicKey").GetString()!)))); // every vector has one

    [Theory]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")] // the neutral element
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // order 2
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")] // order 4
    [InlineData("0000000000000000000000000000000000000000000000000000000000000080")] // order 4
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")] // order 8
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")] // order 8
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")] // order 8
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")] // order 8
    public void Points_of_small_order_are_refused(string hex) =>
        Assert.False(JwkEd25519Point.IsPublicKey(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // y = p
    [InlineData("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // y = p + 3, where y = 3 is a point
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void A_y_not_below_the_prime_is_refused(string hex) =>
        Assert.False(JwkEd25519Point.IsPublicKey(Convert.FromHexString(hex)));

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(7, false)]
    [InlineData(8, false)]
    [InlineData(9, true)]
    public void Only_a_y_that_has_an_x_is_on_the_curve(byte y, bool expected) =>
        Assert.Equal(expected, JwkEd25519Point.IsPublicKey([y, .. new byte[31]]));

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Another_length_is_refused(int length) => Assert.False(JwkEd25519Point.IsPublicKey(new byte[length]));
}
