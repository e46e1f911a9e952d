using Amazon.Runtime;
using KeyService.Providers.Aws;
using KeyService.Testing.Aws;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Providers.Tests.Aws;

/// <summary>A strict server, and providers that use it.</summary>
public sealed class AwsKmsServerFixture : IAsyncLifetime
{
    public AwsKmsServer Server { get; private set; } = null!; // set by InitializeAsync, which xUnit awaits

    public AwsKmsOptions Options => new()
    {
        Region = AwsKmsServer.Region,
        Endpoint = Server.Endpoint.OriginalString,
        StsEndpoint = Server.Endpoint.OriginalString,
        RequestTimeout = TimeSpan.FromMinutes(1), // the server makes its RSA-4096 keys on this machine, which other tests keep busy
    };

    public async ValueTask InitializeAsync() => Server = await AwsKmsServer.StartAsync(TestContext.Current.CancellationToken);

    /// <param name="key">What to sign requests with; null for the account's user.</param>
    public AwsKmsKeyProvider Provider(AwsKmsOptions? options = null, AwsAccessKey? key = null, TimeProvider? time = null)
    {
        key ??= Server.Account.User;
        var credentials = new BasicAWSCredentials(key.Id, key.Secret); // and not the default chain: the tests run side by side
        return new AwsKmsKeyProvider("aws", options ?? Options, credentials, NullLogger<AwsKmsKeyProvider>.Instance, time ?? TimeProvider.System);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
