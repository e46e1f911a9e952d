using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Server.Guard;

namespace KeyService.Server.Doctor;

/// <summary>Examines one provider by the same interface that the service uses. A failure is a finding, and the rest goes on.</summary>
internal sealed class ProviderExamination(IKeyProvider provider, GuardOptions guard, TimeProvider time)
{
    private const int Samples = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _prefix = $"keyservice-doctor/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}/";

    public async Task<ProviderReport> RunAsync(IReadOnlyCollection<SigningAlgorithm> algorithms, CancellationToken cancellationToken)
    {
        var failures = new List<Failure>();
        var check = await TryAsync("check", failures, TimedAsync(provider.CheckAsync), cancellationToken);
        if (check is null) // the rest would fail for the same reason, each after its own time
            return new ProviderReport(provider.Name, guard.Describe(), Facts: null, CheckMilliseconds: null, [], failures);

        var facts = provider is IInspectable inspectable ? await TryAsync("inspect", failures, inspectable.InspectAsync, cancellationToken) : null;
        var reports = new List<AlgorithmReport>();
        foreach (var algorithm in algorithms.OrderBy(algorithm => algorithm.Name, StringComparer.Ordinal))
            reports.Add(await ExamineAsync(algorithm, cancellationToken));
        return new ProviderReport(provider.Name, guard.Describe(), facts, check.Value.TotalMilliseconds, reports, failures);
    }

    private async Task<AlgorithmReport> ExamineAsync(SigningAlgorithm algorithm, CancellationToken cancellationToken)
    {
        var largest = provider.LargestInput(algorithm);
        var report = new AlgorithmReport(algorithm.Name, largest, CreateMilliseconds: null, Latency: null, [], Failure: null);
        if (largest == 0)
            return report;

        var failures = new List<Failure>();
        var spec = KeySetRules.Signer(algorithm, provider.Name, modulusBits: 0).Spec;
        var since = time.GetTimestamp();
        var key = await TryAsync("create", failures, token => provider.CreateKeyAsync(_prefix + algorithm.Name.ToLowerInvariant(), spec, token), cancellationToken);
        if (key is null)
            return report with { Failure = failures[0] };

        report = report with { CreateMilliseconds = time.GetElapsedTime(since).TotalMilliseconds };
        if (provider is IInspectable inspectable)
            report = report with { Evidence = await TryAsync("inspect key", failures, token => inspectable.InspectKeyAsync(key.Handle, token), cancellationToken) ?? [] };
        if (report.Evidence.FirstOrDefault(evidence => evidence.Holds == false) is { } broken)
            failures.Add(new Failure("inspect key", "NotProtected", $"{broken.Name} is {broken.Value}: the private key is not kept inside.", []));
        report = report with { Latency = await TryAsync("sign", failures, token => SignAsync(key, algorithm, token), cancellationToken) };
        await TryAsync("destroy", failures, token => DestroyAsync(key.Handle, token), cancellationToken);
        return report with { Failure = failures.FirstOrDefault() };
    }

    private async Task<SignLatency> SignAsync(ProviderKey key, SigningAlgorithm algorithm, CancellationToken cancellationToken)
    {
        using var verifier = PublicKeyVerifier.Create(Jwk.FromSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span), algorithm);
        var taken = new List<TimeSpan>(Samples);
        for (var i = 0; i < Samples; i++)
        {
            var message = RandomNumberGenerator.GetBytes(32);
            var since = time.GetTimestamp();
            var signature = await SignAsync(key.Handle, algorithm, message, cancellationToken);
            taken.Add(time.GetElapsedTime(since));
            var verdict = verifier.VerifyMessage(message, signature);
            if (verdict == SignatureVerdict.Invalid)
                throw new KeyServiceException(KeyServiceError.ProviderRejected, "A signature does not verify with the public key of its own key.");
            if (verdict == SignatureVerdict.CannotVerifyHere)
                throw new KeyServiceException(KeyServiceError.AlgorithmNotSupported, "It signs, but this machine has nothing to verify its signatures with.");
        }

        return SignLatency.Of(taken);
    }

    private ValueTask<byte[]> SignAsync(KeyHandle key, SigningAlgorithm algorithm, byte[] message, CancellationToken cancellationToken)
    {
        if (provider is IMessageSigner signer && message.Length <= signer.LargestMessage(algorithm))
            return signer.SignMessageAsync(key, algorithm, message, cancellationToken);
        return provider.SignAsync(key, algorithm, algorithm.Hash is { } hash ? CryptographicOperations.HashData(hash, message) : message, cancellationToken);
    }

    private async Task<bool?> DestroyAsync(KeyHandle key, CancellationToken cancellationToken)
    {
        await provider.DestroyKeyAsync(key, cancellationToken);
        return true;
    }

    private Func<CancellationToken, Task<TimeSpan?>> TimedAsync(Func<CancellationToken, Task> call) => async cancellationToken =>
    {
        var since = time.GetTimestamp();
        await call(cancellationToken);
        return time.GetElapsedTime(since);
    };

    /// <summary>Null where the step failed, or took too long.</summary>
    private static async Task<T?> TryAsync<T>(string step, List<Failure> failures, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await call(patience.Token);
        }
        catch (KeyServiceException e)
        {
            failures.Add(Failure.Of(step, e));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            failures.Add(new Failure(step, nameof(KeyServiceError.ProviderUnavailable), $"No answer within {Patience.TotalSeconds} s.", []));
        }

        return default;
    }
}
