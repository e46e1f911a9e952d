using Amazon.Runtime;
using KeyService.Providers.Aws;
using KeyService.Testing.Aws;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Providers.Tests.Aws;

/// <summary>moto as the backend. It is sent messages, since it would hash a digest again.</summary>
public sealed class MotoFixture : IAsyncLifetime
{
    public MotoServer Server { get; private set; } = null!; // set by InitializeAsync, which xUnit awaits

    public async ValueTask InitializeAsync() => Server = await MotoServer.StartAsync(TestContext.Current.CancellationToken);

    public AwsKmsKeyProvider Provider()
    {
        var options = new AwsKmsOptions
        {
            Region = AwsKmsServer.Region,
            Endpoint = Server.Endpoint.OriginalString,
            MessageType = AwsKmsMessageType.Raw,
            RequestTimeout = TimeSpan.FromMinutes(1), // the machine is busy with other tests
            KeyTags = new Dictionary<string, string> { ["team"] = "identity" },
        };
        return new AwsKmsKeyProvider("moto", options, new BasicAWSCredentials("test", "test"), NullLogger<AwsKmsKeyProvider>.Instance, TimeProvider.System);
    }

    public ValueTask DisposeAsync()
    {
        Server.Dispose();
        return ValueTask.CompletedTask;
    }
}
