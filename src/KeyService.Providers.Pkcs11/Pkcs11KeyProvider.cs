using System.Diagnostics.CodeAnalysis;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Keys;
using KeyService.Providers.Pkcs11.Signing;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11;

/// <summary>
/// Keys on a PKCS#11 token: SoftHSM, a network or PCIe HSM, a smart card. Key handles are the CKA_ID in lower-case hex.
/// The calls of the module block, so they run on threads of the provider's own and never on the pool's.
/// </summary>
public sealed class Pkcs11KeyProvider : IKeyProvider, IProcessBound, IInspectable, ISessionPool
{
    /// <summary>Longest message for Ed25519: 128 KiB. PKCS#11 knows no limit, but HSMs take the message in one piece.</summary>
    private const int LongestMessage = 128 * 1024;

    /// <summary>How often, and how far apart, something unfinished is looked at before it counts as remains: another process may be making it just now.</summary>
    private const int RemainsLooks = 10;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly StuckCalls _stuck;
    private readonly TokenSupervisor _supervisor;
    private readonly SignQueue _signing;
    private readonly TokenCalls _finding;
    private readonly TokenCalls _making; // apart from finding: making RSA-4096 takes seconds
    private readonly SemaphoreSlim _creating = new(1, 1);

    /// <summary>Opens nothing: the module is loaded and the token connected at first use.</summary>
    /// <exception cref="ArgumentException">The options break their rules; see <see cref="Pkcs11OptionsRules.Problems"/>.</exception>
    public Pkcs11KeyProvider(string name, Pkcs11Options options, ILogger<Pkcs11KeyProvider> logger, TimeProvider time)
    {
        var problems = string.Join(' ', Pkcs11OptionsRules.Problems(options));
        if (problems.Length > 0)
            throw new ArgumentException(problems, nameof(options));

        Name = name;
        _logger = logger;
        _time = time;
        _stuck = new StuckCalls((options.MaxSessions + 1) / 2);
        _supervisor = new TokenSupervisor(name, options, _stuck, logger, time);
        _signing = new SignQueue(name, options, _supervisor, _stuck, logger, time) { FindKey = call => _ = FindKeyAsync(call) };
        _finding = new TokenCalls($"pkcs11 {name} find", options, _supervisor, _stuck, time);
        _making = new TokenCalls($"pkcs11 {name} make", options, _supervisor, _stuck, time);
        _supervisor.Changed = _signing.ConnectionChanged;
    }

    public string Name { get; }

    /// <summary>
    /// True when nothing within this process can cure the provider: calls hang in the module, or other code owns it and
    /// it stays broken. Belongs into liveness, whereas <see cref="CheckAsync"/> belongs into readiness.
    /// </summary>
    public bool NeedsNewProcess => _supervisor.NeedsNewProcess;

    public SessionPoolUse Use => _signing.Use;

    /// <summary>Every algorithm but ML-DSA, which PKCS#11 has only since version 3.2: a token's list of mechanisms is only a hint, and what it cannot do it refuses at creation or signing.</summary>
    public int LargestInput(SigningAlgorithm algorithm) => algorithm switch
    {
        { TakesDigest: true } => algorithm.DigestLength,
        { Scheme: SignatureScheme.EdDsa } => LongestMessage,
        _ => 0,
    };

    public ValueTask<byte[]> SignAsync(
        KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<byte[]>(cancellationToken);
        if (algorithm.TakesDigest ? input.Length != algorithm.DigestLength : input.Length > LongestMessage)
            return ValueTask.FromException<byte[]>(WrongLength(algorithm));

        _supervisor.Start();
        var call = _signing.Rent(key, algorithm, input.Span);
        var signature = call.Task;
        _signing.Enqueue(call, first: false);
        call.CancelWith(cancellationToken);
        return signature;
    }

    public async Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken)
    {
        ThrowIfWrong(label, spec);
        await _creating.WaitAsync(cancellationToken);
        try
        {
            var remains = await FindRemainsAsync(label, cancellationToken);
            var since = _time.GetTimestamp();
            for (var look = 0; look <= RemainsLooks; look++)
            {
                var (key, made) = await _making.RunAsync(session => FindOrGenerate(session, label, spec, remains), cancellationToken);
                if (made is not null)
                {
                    var elapsed = _time.GetElapsedTime(since);
                    Log.KeyMade(_logger, Name, made.Handle.Value, label, spec.Algorithm.Name, elapsed);
                }

                if (key is not null)
                    return key;
                await Task.Delay(BetweenLooks, cancellationToken);
            }

            throw Failures.Unavailable($"The public half under label {label} cannot be read at present.");
        }
        finally
        {
            _creating.Release();
        }
    }

    public Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken) =>
        _finding.RunAsync<IReadOnlyList<ProviderKey>>(
            session =>
            {
                var pairs = KeyPairs.WithPrefix(session, labelPrefix);
                if (!pairs.Exists(static pair => pair.PrivateKeys.Count > 0))
                    KeyPairs.ThrowIfLoggedOut(session);
                return Read(session, pairs);
            },
            cancellationToken);

    public Task<ProviderFacts> InspectAsync(CancellationToken cancellationToken) =>
        _finding.RunAsync(session => TokenInspection.Describe(session, _time.GetUtcNow()), cancellationToken);

    public Task<IReadOnlyList<KeyEvidence>> InspectKeyAsync(KeyHandle key, CancellationToken cancellationToken) =>
        _finding.RunAsync(session => KeyGeneration.Evidence(session, KeyPairs.Open(session, key).Object), cancellationToken);

    /// <summary>Does nothing: PKCS#11 has no stop that can be taken back (CKA_SIGN may be read-only, and its change final).</summary>
    public Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken)
    {
        var count = await _making.RunAsync(session => KeyPairs.Destroy(session, key), cancellationToken);
        if (count > 0)
            Log.KeyDestroyed(_logger, Name, key.Value, count);
    }

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_stuck.TooMany)
            throw Failures.Stuck(_stuck.Count);
        for (var attempt = 1; ; attempt++)
        {
            var connection = await _supervisor.ConnectedAsync(cancellationToken);
            try
            {
                await _supervisor.RunAsync(connection, LogInAgainIfNeeded, cancellationToken);
                return;
            }
            catch (CryptokiException failure)
            {
                if (ReturnTriage.For(failure.Code) == Remedy.Restart)
                    _supervisor.ReportLost(connection, failure);
                else
                    _supervisor.ReportStale(connection); // the anchor session died, but sessions of their own may still sign
                if (attempt == 2)
                    throw Failures.From(failure);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _signing.Dispose();
        _finding.Dispose();
        _making.Dispose();
        await _supervisor.DisposeAsync();
        _creating.Dispose();
    }

    private static bool LogInAgainIfNeeded(TokenConnection connection)
    {
        var logins = connection.Logins;
        if (!connection.IsLoggedIn(connection.Anchor))
            connection.Login(connection.Anchor, logins);
        return true;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happened belongs to the caller who waits for the signature.")]
    private async Task FindKeyAsync(SignCall call)
    {
        try
        {
            call.Key = await _finding.RunAsync(session => KeyPairs.Open(session, call.Handle), CancellationToken.None);
        }
        catch (Exception exception)
        {
            call.Fail(exception);
            call.Leave();
            return;
        }

        _signing.Enqueue(call, first: true);
    }

    /// <summary>What stays unfinished for a while. The wait is one in real time, for it is other processes that are waited for.</summary>
    private async Task<Remains> FindRemainsAsync(string label, CancellationToken cancellationToken)
    {
        var remains = await _making.RunAsync(session => Remains.Find(session, label), cancellationToken);
        for (var look = 0; look < RemainsLooks && !remains.AreNone; look++)
        {
            await Task.Delay(BetweenLooks, cancellationToken);
            var before = remains;
            remains = await _making.RunAsync(session => before.StillIn(Remains.Find(session, label)), cancellationToken);
        }

        return remains;
    }

    /// <returns>No key where there is a pair whose public half cannot be read at the moment; the pair that was made, if one was.</returns>
    private (ProviderKey? Key, KeyPair? Made) FindOrGenerate(TokenSession session, string label, KeySpec spec, Remains remains)
    {
        if (Existing(session, label, remains) is { } pair)
            return (KeyGeneration.Check(session, pair, spec), null);

        KeyPairs.ThrowIfLoggedOut(session); // an existing pair may have been invisible
        var made = KeyGeneration.Generate(session, label, spec);

        // Two processes cannot exclude each other on a token. Both see both pairs, or the later one does: it steps back.
        var pairs = KeyPairs.UnderLabel(session, label);
        if (pairs.Count(static other => other.IsWhole) != 1)
        {
            foreach (var own in pairs.Where(own => own.Handle == made.Handle))
                KeyPairs.Destroy(session, own);
            throw Failures.Unavailable("Another process made a key under this label at the same time.");
        }

        try
        {
            return (KeyGeneration.Check(session, made, spec), made);
        }
        catch (KeyServiceException failure) when (!failure.IsTransient)
        {
            KeyPairs.Destroy(session, made); // it does not hold what it promises
            throw;
        }
    }

    private KeyPair? Existing(TokenSession session, string label, Remains remains)
    {
        var pairs = KeyPairs.UnderLabel(session, label);
        if (pairs.Exists(static pair => pair.PrivateKeys.Count == 0))
            KeyPairs.ThrowIfLoggedOut(session);
        if (remains.Remove(session, pairs) is > 0 and var removed)
            Log.RemainsRemoved(_logger, Name, removed, label);

        var whole = pairs.FindAll(static pair => !pair.IsRemains);
        if (whole.Count > 1 || whole.Exists(static pair => !pair.IsWhole))
            throw Failures.Ambiguous("label");
        return whole.FirstOrDefault();
    }

    private List<ProviderKey> Read(TokenSession session, List<KeyPair> pairs)
    {
        var keys = new List<ProviderKey>();
        foreach (var pair in pairs.Where(static pair => pair.IsWhole || pair.IsRemains))
        {
            if (pair.IsRemains)
            {
                keys.Add(new ProviderKey(pair.Label, pair.Handle, ReadOnlyMemory<byte>.Empty));
                continue;
            }

            try
            {
                keys.Add(new ProviderKey(pair.Label, pair.Handle, KeyPairs.ReadPublicKey(session, pair) ?? []));
            }
            catch (KeyServiceException malformed)
            {
                // One bad object, perhaps another application's, must not hide the others from recovery.
                Log.KeyPassedOver(_logger, Name, pair.Id, pair.Label, malformed.Message);
            }
        }

        return keys;
    }

    private static void ThrowIfWrong(string label, KeySpec spec)
    {
        ProviderRules.CheckNewKey(label, spec);
        if (spec.Algorithm.Scheme == SignatureScheme.MlDsa)
            throw new KeyServiceException(KeyServiceError.AlgorithmNotSupported, $"PKCS#11 tokens are not asked for {spec.Algorithm}.");
    }

    private static KeyServiceException WrongLength(SigningAlgorithm algorithm) => KeyServiceException.Invalid(
        "input",
        algorithm.TakesDigest
            ? $"{algorithm} signs a digest of exactly {algorithm.DigestLength} bytes."
            : $"{algorithm} signs messages of at most {LongestMessage} bytes here.");
}
