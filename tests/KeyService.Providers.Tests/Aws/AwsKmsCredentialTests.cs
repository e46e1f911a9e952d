using KeyService.Core;
using KeyService.Providers.Aws;
using KeyService.Testing.Aws;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Providers.Tests.Aws;

/// <summary>Who the provider is to AWS. The server checks each request's signature.</summary>
public sealed class AwsKmsCredentialTests : IAsyncLifetime
{
    private const string Role = "arn:aws:iam::111122223333:role/signing";
    private readonly AwsKmsServerFixture _aws = new();

    private AwsKmsServer Server => _aws.Server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AwsKmsOptions InRole
    {
        get
        {
            var options = _aws.Options;
            options.RoleArn = Role;
            return options;
        }
    }

    public ValueTask InitializeAsync() => _aws.InitializeAsync();

    public ValueTask DisposeAsync() => _aws.DisposeAsync();

    [Fact]
    public async Task The_default_chain_is_used_where_nothing_else_is_said()
    {
        AwsKmsServer.UseInThisProcess();
        await using var provider = new AwsKmsKeyProvider("aws", _aws.Options, NullLogger<AwsKmsKeyProvider>.Instance, TimeProvider.System);
        await provider.CheckAsync(Cancellation);
        Assert.Equal(1, Server.Calls("ListKeys"));
    }

    [Fact]
    public async Task A_wrong_secret_is_rejected()
    {
        await using var provider = _aws.Provider(key: Server.Account.User with { Secret = "wrong" });
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
        Assert.Equal((KeyServiceError.ProviderRejected, false), (failure.Error, failure.IsTransient));
        Assert.Contains("signature", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_access_key_is_rejected()
    {
        await using var provider = _aws.Provider(key: new AwsAccessKey("AKIAUNKNOWN", "secret"));
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Assert.Contains("credentials", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_Region_than_the_endpoints_is_rejected()
    {
        var options = _aws.Options;
        options.Region = "us-east-1";
        await using var provider = _aws.Provider(options);
        Assert.Equal(KeyServiceError.ProviderRejected, (await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation))).Error);
    }

    [Fact]
    public async Task A_role_is_assumed_once_and_called_with()
    {
        Server.Account.Roles.Add(Role);
        Server.Account.IsUserDenied = true;
        await using (var user = _aws.Provider())
        {
            var denied = await Assert.ThrowsAsync<KeyServiceException>(() => user.CheckAsync(Cancellation));
            Assert.Equal(KeyServiceError.ProviderRejected, denied.Error);
        }

        await using var provider = _aws.Provider(InRole);
        await provider.CheckAsync(Cancellation);
        await provider.FindKeysAsync("keyservice/", Cancellation);
        Assert.Equal(1, Server.Calls("AssumeRole"));
    }

    [Fact]
    public async Task A_role_is_assumed_anew_before_its_credentials_expire()
    {
        Server.Account.Roles.Add(Role);
        Server.Account.IsUserDenied = true;
        Server.Account.SessionLifetime = TimeSpan.FromMinutes(4); // less than what is renewed ahead
        await using var provider = _aws.Provider(InRole);
        await provider.CheckAsync(Cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (Server.Calls("AssumeRole") < 2) // the SDK may renew beside the call
            await provider.FindKeysAsync("keyservice/", limit.Token);
    }

    [Fact]
    public async Task A_role_that_may_not_be_assumed_is_rejected()
    {
        await using var provider = _aws.Provider(InRole);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
        Assert.Equal((KeyServiceError.ProviderRejected, false), (failure.Error, failure.IsTransient));
        Assert.Contains("denies", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, Server.Calls("ListKeys"));
    }

    [Fact]
    public async Task An_STS_that_fails_makes_the_provider_unavailable()
    {
        Server.Account.Roles.Add(Role);
        Server.Faults.Next(AwsFault.Error("ServiceUnavailable", 503), operation: "AssumeRole");
        await using var provider = _aws.Provider(InRole);
        Assert.Equal(KeyServiceError.ProviderUnavailable, (await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation))).Error);
        await provider.CheckAsync(Cancellation);
    }
}
