using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Testing.Aws;

namespace KeyService.Providers.Tests.Aws;

/// <summary>Against an emulator that nobody here wrote.</summary>
public sealed class MotoConformanceTests(MotoFixture moto) : KeyProviderConformance, IClassFixture<MotoFixture>
{
    protected override KeyHandle UnknownHandle { get; } = new($"arn:aws:kms:{AwsKmsServer.Region}:123456789012:key/{Guid.NewGuid()}");

    protected override int EncodingSamples => 100; // it makes about a hundred signatures a second

    protected override int LongestMessage => 4096;

    protected override string? DestroyedKeysSign => "moto signs with keys that are pending deletion, which KMS does not.";

    protected override Task<IKeyProvider> CreateProviderAsync() => Task.FromResult<IKeyProvider>(moto.Provider());

    protected override string? BackendLacks(SigningAlgorithm algorithm) => algorithm.Scheme switch
    {
        SignatureScheme.RsaPss => "moto salts PSS with as many bytes as fit, RFC 7518 wants as many as the hash has.",
        SignatureScheme.EdDsa or SignatureScheme.MlDsa => "moto has no such keys.",
        _ => null,
    };

    protected override IDisposable Freeze()
    {
        moto.Server.Freeze();
        return new Frozen(moto.Server.Thaw);
    }
}
