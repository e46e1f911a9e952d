using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Providers.Aws.Connection;
using KeyService.Providers.Aws.Keys;
using KeyService.Providers.Aws.Signing;
using KeySpec = KeyService.Core.Providers.KeySpec;
using SigningAlgorithm = KeyService.Core.Signing.SigningAlgorithm;

namespace KeyService.Providers.Aws;

/// <summary>
/// Keys in AWS KMS. Key handles are key ARNs. What KMS throttles, times out or fails is reported and not tried again: that
/// is for whoever knows the caller's deadline.
/// </summary>
public sealed class AwsKmsKeyProvider : IKeyProvider, IMessageSigner, IInspectable
{
    /// <summary>How long a check that passed is taken for true: a readiness probe each second costs no quota.</summary>
    private static readonly TimeSpan CheckedFor = TimeSpan.FromSeconds(1);

    private readonly AwsKmsOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly KmsConnection _connection;
    private readonly KmsKeys _keys;
    private readonly KmsSigning _signing;
    private readonly KmsInspection _inspection;
    private long _checkedAt;

    /// <summary>Calls nobody: credentials are looked for at first use.</summary>
    /// <exception cref="ArgumentException">The options break their rules; see <see cref="AwsKmsOptionsRules.Problems"/>.</exception>
    public AwsKmsKeyProvider(string name, AwsKmsOptions options, ILogger<AwsKmsKeyProvider> logger, TimeProvider time)
        : this(name, options, credentials: null, logger, time)
    {
    }

    /// <param name="credentials">In place of the SDK's default chain, which is one for the whole process.</param>
    internal AwsKmsKeyProvider(string name, AwsKmsOptions options, AWSCredentials? credentials, ILogger<AwsKmsKeyProvider> logger, TimeProvider time)
    {
        var problems = string.Join(' ', AwsKmsOptionsRules.Problems(options));
        if (problems.Length > 0)
            throw new ArgumentException(problems, nameof(options));

        Name = name;
        _options = options;
        _logger = logger;
        _time = time;
        var newKeys = new NewKeys(time);
        _connection = new KmsConnection(options, credentials, time);
        _keys = new KmsKeys(name, options, _connection, newKeys, _logger, time);
        _signing = new KmsSigning(_connection, newKeys);
        _inspection = new KmsInspection(options, _connection);
    }

    public string Name { get; }

    public int LargestInput(SigningAlgorithm algorithm)
    {
        if (KmsKeySpecs.For(algorithm, modulusBits: 2048) is null)
            return 0;
        return algorithm.TakesDigest ? algorithm.DigestLength : KmsSigning.LargestMessage;
    }

    public int LargestMessage(SigningAlgorithm algorithm) =>
        LargestInput(algorithm) == 0 || (algorithm.TakesDigest && _options.MessageType == AwsKmsMessageType.Digest) ? 0 : KmsSigning.LargestMessage;

    public async Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken)
    {
        ProviderRules.CheckNewKey(label, spec);
        return await _keys.CreateAsync(label, spec, cancellationToken);
    }

    public async ValueTask<byte[]> SignAsync(
        KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        ProviderRules.CheckDigest(algorithm, input.Length);
        if (!algorithm.TakesDigest)
            return await SignMessageAsync(key, algorithm, input, cancellationToken);
        return await _signing.SignAsync(Arn(key), algorithm, MessageType.DIGEST, input, cancellationToken);
    }

    public async ValueTask<byte[]> SignMessageAsync(
        KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (message.Length is < 1 or > KmsSigning.LargestMessage)
            throw KeyServiceException.Invalid("input", $"AWS KMS takes messages of 1 to {KmsSigning.LargestMessage} bytes.");
        return await _signing.SignAsync(Arn(key), algorithm, MessageType.RAW, message, cancellationToken);
    }

    public Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken) =>
        _keys.FindAsync(labelPrefix, cancellationToken);

    public async Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken) => await _keys.DisableAsync(Arn(key), cancellationToken);

    public Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken) =>
        KmsKeyId.IsArn(key.Value, _options.Region) ? _keys.DestroyAsync(key.Value, cancellationToken) : Task.CompletedTask;

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var checkedAt = Volatile.Read(ref _checkedAt);
        if (checkedAt != 0 && _time.GetElapsedTime(checkedAt) < CheckedFor)
            return;

        await _connection.RunAsync((kms, token) => kms.ListKeysAsync(new ListKeysRequest { Limit = 1 }, token), cancellationToken);
        Volatile.Write(ref _checkedAt, _time.GetTimestamp());
    }

    public Task<ProviderFacts> InspectAsync(CancellationToken cancellationToken) => _inspection.DescribeAsync(cancellationToken);

    public async Task<IReadOnlyList<KeyEvidence>> InspectKeyAsync(KeyHandle key, CancellationToken cancellationToken) =>
        await _inspection.DescribeKeyAsync(Arn(key), cancellationToken);

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private string Arn(KeyHandle key) => KmsKeyId.IsArn(key.Value, _options.Region) ? key.Value : throw Failures.KeyNotFound();
}
