using System.Security.Cryptography;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Testing.Aws;

namespace KeyService.Providers.Tests.Aws;

/// <summary>Against the strict server, with digests as in production.</summary>
public sealed class AwsKmsConformanceTests(AwsKmsServerFixture aws) : KeyProviderConformance, IClassFixture<AwsKmsServerFixture>
{
    protected override KeyHandle UnknownHandle { get; } = new($"arn:aws:kms:{AwsKmsServer.Region}:{AwsAccount.Id}:key/{Guid.NewGuid()}");

    protected override bool Disables => true;

    protected override Task<IKeyProvider> CreateProviderAsync() => Task.FromResult<IKeyProvider>(aws.Provider());

    protected override string? BackendLacks(SigningAlgorithm algorithm) =>
        algorithm.Scheme == SignatureScheme.MlDsa && !MLDsa.IsSupported ? "this machine's OpenSSL has no ML-DSA for the server to sign with." : null;

    protected override IDisposable Freeze()
    {
        aws.Server.Faults.Always = AwsFault.Hangs;
        return new Frozen(() => aws.Server.Faults.Always = null);
    }
}
