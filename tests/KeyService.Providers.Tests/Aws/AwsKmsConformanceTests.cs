using KeyService.Core.Providers;
using KeyService.Testing.Aws;

namespace KeyService.Providers.Tests.Aws;

public sealed class AwsKmsConformanceTests(AwsKmsServerFixture aws) : KeyProviderConformance, IClassFixture<AwsKmsServerFixture>
{
    protected override KeyHandle UnknownHandle { get; } = new($"arn:aws:kms:{AwsKmsServer.Region}:{AwsAccount.Id}:key/{Guid.NewGuid()}");

    protected override Task<IKeyProvider> CreateProviderAsync() => Task.FromResult<IKeyProvider>(aws.Provider());
}
