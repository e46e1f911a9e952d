using KeyService.Providers.Aws;

namespace KeyService.Server.Configuration;

/// <summary>Reads section <c>Providers:&lt;name&gt;</c> of type <c>AwsKms</c>.</summary>
internal static class AwsKmsSettings
{
    public static AwsKmsOptions Read(SettingsReader section)
    {
        var before = new AwsKmsOptions();
        var options = new AwsKmsOptions
        {
            Region = section.RequiredText("Region"),
            Endpoint = section.Text("Endpoint"),
            RoleArn = section.Text("RoleArn"),
            StsEndpoint = section.Text("StsEndpoint"),
            KeyTags = section.Texts("KeyTags"),
            DeletionWindowDays = section.Integer("DeletionWindowDays", before.DeletionWindowDays, 7, 30),
            MultiRegion = section.Flag("MultiRegion"),
            MessageType = MessageType(section, before.MessageType),
            RequestTimeout = section.Duration("RequestTimeout", before.RequestTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        };
        section.Problems(AwsKmsOptionsRules.Problems(options));
        return options;
    }

    private static AwsKmsMessageType MessageType(SettingsReader section, AwsKmsMessageType fallback)
    {
        switch (section.Text("MessageType"))
        {
            case null:
                return fallback;
            case nameof(AwsKmsMessageType.Digest):
                return AwsKmsMessageType.Digest;
            case nameof(AwsKmsMessageType.Raw):
                return AwsKmsMessageType.Raw;
            case var other:
                section.Problem("MessageType", $"must be Digest or Raw, not '{other}'");
                return fallback;
        }
    }
}
