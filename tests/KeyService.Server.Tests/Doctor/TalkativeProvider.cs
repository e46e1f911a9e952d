using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Testing;

namespace KeyService.Server.Tests.Doctor;

/// <summary>A fake: keys in memory, and a backend that says of each what the test has it say.</summary>
internal sealed class TalkativeProvider(KeyEvidence evidence) : IKeyProvider, IInspectable
{
    public SoftwareKeyProvider Keys { get; } = new("talkative", new CrashPoints());

    public string Name => Keys.Name;

    public int LargestInput(SigningAlgorithm algorithm) => Keys.LargestInput(algorithm);

    public Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken) => Keys.CreateKeyAsync(label, spec, cancellationToken);

    public ValueTask<byte[]> SignAsync(KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
        Keys.SignAsync(key, algorithm, input, cancellationToken);

    public Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken) => Keys.FindKeysAsync(labelPrefix, cancellationToken);

    public Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken) => Keys.DisableKeyAsync(key, cancellationToken);

    public Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken) => Keys.DestroyKeyAsync(key, cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => Keys.CheckAsync(cancellationToken);

    public Task<ProviderFacts> InspectAsync(CancellationToken cancellationToken) => Task.FromResult(new ProviderFacts
    {
        Backend = new Dictionary<string, string> { ["model"] = "memory" },
        Mechanisms = [],
        SignatureEncoding = "R‖S",
        Limits = new Dictionary<string, string>(),
        ClockSkew = TimeSpan.FromSeconds(1),
    });

    public Task<IReadOnlyList<KeyEvidence>> InspectKeyAsync(KeyHandle key, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<KeyEvidence>>([evidence]);

    public ValueTask DisposeAsync() => Keys.DisposeAsync();
}
