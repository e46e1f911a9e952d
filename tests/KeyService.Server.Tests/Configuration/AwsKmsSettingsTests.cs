using KeyService.Providers.Aws;
using KeyService.Server.Configuration;
using Microsoft.Extensions.Configuration;

namespace KeyService.Server.Tests.Configuration;

public sealed class AwsKmsSettingsTests
{
    private const string Section = "KeyService:Providers:aws:";

    [Fact]
    public void A_Region_is_enough()
    {
        var options = Read([]);
        Assert.Equal(("eu-west-1", 30, false, AwsKmsMessageType.Digest), (options.Region, options.DeletionWindowDays, options.MultiRegion, options.MessageType));
        Assert.Equal((null, null, null), (options.Endpoint, options.RoleArn, options.StsEndpoint));
        Assert.Empty(options.KeyTags);
    }

    [Fact]
    public void Every_setting_is_taken_as_written()
    {
        var options = Read(new()
        {
            ["Endpoint"] = "https://kms.internal.example",
            ["StsEndpoint"] = "https://sts.internal.example",
            ["RoleArn"] = "arn:aws:iam::111122223333:role/signing",
            ["KeyTags:Team"] = "identity",
            ["KeyTags:empty"] = "",
            ["DeletionWindowDays"] = "7",
            ["MultiRegion"] = "true",
            ["MessageType"] = "Raw",
            ["RequestTimeout"] = "2s",
        });
        Assert.Equal(("https://kms.internal.example", "https://sts.internal.example", "arn:aws:iam::111122223333:role/signing"), (options.Endpoint, options.StsEndpoint, options.RoleArn));
        Assert.Equal(new Dictionary<string, string> { ["Team"] = "identity", ["empty"] = "" }, options.KeyTags);
        Assert.Equal((7, true, AwsKmsMessageType.Raw, TimeSpan.FromSeconds(2)), (options.DeletionWindowDays, options.MultiRegion, options.MessageType, options.RequestTimeout));
    }

    [Theory]
    [InlineData("Region", null, "is missing")]
    [InlineData("Region", "Ireland", "must be the name of a Region")]
    [InlineData("Endpoint", "http://kms.example", "must be an https URL")]
    [InlineData("StsEndpoint", "sts", "must be an https URL")]
    [InlineData("RoleArn", "signing", "must be the ARN of a role")]
    [InlineData("KeyTags", "identity", "must be an object")]
    [InlineData("KeyTags:aws:x", "y", "must be a single value")]
    [InlineData("KeyTags:x", "<y>", "must have keys of 1 to 128")]
    [InlineData("DeletionWindowDays", "6", "must be a whole number from 7 to 30")]
    [InlineData("MultiRegion", "yes", "must be true or false")]
    [InlineData("MessageType", "raw", "must be Digest or Raw")]
    [InlineData("RequestTimeout", "2m", "must be a duration")]
    [InlineData("SecretKey", "x", "is unknown")]
    public void A_wrong_value_is_refused_by_its_name(string key, string? value, string problem)
    {
        var refusal = Assert.Throws<SettingsException>(() => Read(new() { [key] = value }));
        Assert.Contains(
            refusal.Problems, found => found.StartsWith(Section + key.Split(':')[0], StringComparison.Ordinal) && found.Contains($" {problem}", StringComparison.Ordinal));
    }

    private static AwsKmsOptions Read(Dictionary<string, string?> settings)
    {
        var values = new Dictionary<string, string?> { [Section + "Type"] = "AwsKms", [Section + "Region"] = "eu-west-1" };
        foreach (var (key, value) in settings)
        {
            values.Remove(Section + key);
            if (value is not null)
                values[Section + key] = value;
        }

        var read = SettingsLoader.Check(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), DateTimeOffset.UnixEpoch);
        return Assert.IsType<AwsKmsOptions>(Assert.Single(read.Providers).Options);
    }
}
