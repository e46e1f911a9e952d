using KeyService.Providers.Aws;

namespace KeyService.Providers.Tests.Aws;

public sealed class AwsKmsOptionsRulesTests
{
    public static TheoryData<string, Action<AwsKmsOptions>> Mistakes => new()
    {
        { "Region", static options => options.Region = "" },
        { "Region", static options => options.Region = "Ireland" },
        { "Endpoint", static options => options.Endpoint = "kms.example" },
        { "Endpoint", static options => options.Endpoint = "http://kms.example" },
        { "Endpoint", static options => options.Endpoint = "https://user:secret@kms.example" },
        { "Endpoint", static options => options.Endpoint = "https://kms.example/path" },
        { "StsEndpoint", static options => options.StsEndpoint = "ftp://127.0.0.1" },
        { "RoleArn", static options => options.RoleArn = "signing" },
        { "RoleArn", static options => options.RoleArn = "arn:aws:iam::111122223333:user/signing" },
        { "KeyTags", static options => options.KeyTags = new Dictionary<string, string> { ["aws:x"] = "y" } },
        { "KeyTags", static options => options.KeyTags = new Dictionary<string, string> { ["KeyService:label"] = "y" } },
        { "KeyTags", static options => options.KeyTags = new Dictionary<string, string> { ["x"] = "<y>" } },
        { "KeyTags", static options => options.KeyTags = new Dictionary<string, string> { ["x"] = new('y', 257) } },
        { "KeyTags", static options => options.KeyTags = Enumerable.Range(0, 41).ToDictionary(static i => $"t{i}", static _ => "") },
        { "DeletionWindowDays", static options => options.DeletionWindowDays = 6 },
        { "DeletionWindowDays", static options => options.DeletionWindowDays = 31 },
        { "MessageType", static options => options.MessageType = (AwsKmsMessageType)2 },
        { "RequestTimeout", static options => options.RequestTimeout = TimeSpan.Zero },
        { "RequestTimeout", static options => options.RequestTimeout = TimeSpan.FromMinutes(2) },
    };

    private static AwsKmsOptions Right => new() { Region = "eu-west-1" };

    [Fact]
    public void A_Region_is_enough()
    {
        Assert.Empty(AwsKmsOptionsRules.Problems(Right));
        Assert.Empty(AwsKmsOptionsRules.Problems(new AwsKmsOptions
        {
            Region = "us-gov-west-1",
            Endpoint = "https://kms-fips.us-gov-west-1.amazonaws.com",
            StsEndpoint = "http://localhost:5000/",
            RoleArn = "arn:aws-us-gov:iam::111122223333:role/path/signing",
            KeyTags = new Dictionary<string, string> { ["team"] = "identity+access @ home" },
        }));
    }

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void A_mistake_is_told_by_the_name_of_its_setting(string setting, Action<AwsKmsOptions> mistake)
    {
        var options = Right;
        mistake(options);
        var problem = Assert.Single(AwsKmsOptionsRules.Problems(options));
        Assert.StartsWith(setting + " must ", problem, StringComparison.Ordinal);
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
    }
}
