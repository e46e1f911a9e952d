using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Providers.Pkcs11.Cryptoki;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>
/// Keeps one token connected: connects at first use, and after a loss restarts what is needed under backoff until the token
/// works again. Calls wait while it is at its first attempts and fail at once while it is known to be away.
/// </summary>
internal sealed class TokenSupervisor(
    string provider, Pkcs11Options options, StuckCalls stuck, ILogger logger, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Attempts that callers wait for. Processes that start together may see no token, or a passing error at login.</summary>
    private const int PatientAttempts = 3;

    private readonly UserPin _pin = new(options.PinFile);
    private readonly CallThread _control = new($"pkcs11 {provider} control", stuck, time);
    private readonly CancellationTokenSource _stop = new();
    private readonly RecoveryPace _pace = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSignal();
    private Task _recovery = Task.CompletedTask;
    private Pkcs11Module? _module;
    private TokenConnection? _connection;
    private Outage? _outage;
    private bool _recovering;
    private bool _needsNewProcess;

    /// <summary>Called, outside of any lock, whenever <see cref="Current"/> or <see cref="CurrentOutage"/> became something else.</summary>
    public Action Changed { get; set; } = static () => { };

    /// <summary>The connection to use now; null while there is none.</summary>
    public TokenConnection? Current => Volatile.Read(ref _connection);

    /// <summary>Why there is no connection, once that has lasted for some attempts.</summary>
    public Outage? CurrentOutage => Volatile.Read(ref _outage);

    public bool NeedsNewProcess => Volatile.Read(ref _needsNewProcess) || (stuck.TooMany && CurrentOutage is not null);

    /// <summary>Starts connecting unless that was done.</summary>
    public void Start()
    {
        if (Current is not null || Volatile.Read(ref _recovering))
            return;
        lock (_lock)
        {
            if (_connection is null)
                Recover(lost: null, broken: 0);
        }
    }

    /// <summary>The connection; waits for one as long as SessionWait.</summary>
    public async ValueTask<TokenConnection> ConnectedAsync(CancellationToken cancellationToken)
    {
        Start();
        var since = time.GetTimestamp();
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
                if (_connection is { } connection)
                    return connection;
                if (_outage is { } outage)
                    throw outage.ToException();
                changed = _changed.Task;
            }

            var left = options.SessionWait - time.GetElapsedTime(since);
            try
            {
                await changed.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw Failures.Unavailable($"The token was not connected within {nameof(Pkcs11Options.SessionWait)}.");
            }
        }
    }

    /// <summary>
    /// A call says that its connection does not work. True where the call may be tried again on another connection; false
    /// where a restart would be a guess and the last one is too recent.
    /// </summary>
    public bool ReportLost(TokenConnection connection, CryptokiException cause)
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
                return false;
            if (_connection != connection)
                return true; // somebody reported it before
            if (!ReturnTriage.IsCertainLoss(cause.Code) && _pace.Wait(time.GetUtcNow()) > TimeSpan.Zero)
                return false;
            Recover(connection, connection.Generation);
        }

        Log.ConnectionLost(logger, provider, cause.Function, cause.CodeName);
        return true;
    }

    /// <summary>The connection is of no use though its module may well be: another provider restarted it, or the anchor session died.</summary>
    public void ReportStale(TokenConnection connection)
    {
        lock (_lock)
        {
            if (!_stop.IsCancellationRequested && _connection == connection)
                Recover(connection, connection.Generation - 1);
        }
    }

    /// <summary>Runs a short call on the anchor session, on the thread that connects.</summary>
    public Task<T> RunAsync<T>(TokenConnection connection, Func<TokenConnection, T> call, CancellationToken cancellationToken) =>
        _control.RunAsync(_ => connection.Module.Gate.Run(() => call(connection)), options.CallTimeout, nameof(options.CallTimeout), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!TryStop(out var last))
            return;
        Changed();
        await _recovery;
        if (last is { IsStale: false } && last.Module.Gate.TryEnter())
        {
            try
            {
                last.Functions.CloseSession(last.Anchor);
            }
            finally
            {
                last.Module.Gate.Exit();
            }
        }

        _control.Dispose();
        _stop.Dispose();
        await ReleaseModuleAsync();
    }

    private bool TryStop(out TokenConnection? last)
    {
        lock (_lock)
        {
            last = _connection;
            if (_stop.IsCancellationRequested)
                return false;
            Disconnect();
            _stop.Cancel();
            Signal();
            return true;
        }
    }

    private async Task ReleaseModuleAsync()
    {
        if (_module is null)
            return;
        try
        {
            await _module.ReleaseAsync(options.CallTimeout, time);
        }
        catch (StuckCallException)
        {
            Log.ModuleNotFinalized(logger, provider);
        }
    }

    /// <summary>Under the lock: gives up the connection and begins the recovery.</summary>
    private void Recover(TokenConnection? lost, long broken)
    {
        Disconnect();
        if (_recovering || _stop.IsCancellationRequested)
            return;
        Volatile.Write(ref _recovering, true);
        _recovery = Task.Run(() => RecoverAsync(lost, broken, _stop.Token));
    }

    private void Disconnect()
    {
        if (_connection is null)
            return;
        _connection.Module.CountConnected(-1);
        Volatile.Write(ref _connection, null);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever goes wrong, the next attempt is due: a supervisor that dies leaves a dead provider.")]
    private async Task RecoverAsync(TokenConnection? lost, long broken, CancellationToken stop)
    {
        try
        {
            if (lost?.Generation == broken) // a restart on our own account; else somebody else's, who keeps the pace
                await PaceAsync(stop);
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    Use(await ConnectAsync(lost, broken, stop), attempt);
                    return;
                }
                catch (Exception failure) when (!stop.IsCancellationRequested)
                {
                    broken = BrokenAfter(failure, attempt, broken);
                    await RestAsync(failure, attempt, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // disposed
        }
    }

    private async Task PaceAsync(CancellationToken stop)
    {
        var wait = _pace.Wait(time.GetUtcNow());
        if (wait > TimeSpan.Zero)
        {
            Announce(new Outage(
                KeyServiceError.ProviderUnavailable, "The token failed again soon after it had recovered.", Cause: null, wait));
            await Task.Delay(wait, time, stop);
        }

        _pace.Begin(time.GetUtcNow());
    }

    private async Task<TokenConnection> ConnectAsync(TokenConnection? lost, long broken, CancellationToken stop)
    {
        var module = _module ??= Pkcs11Module.Acquire(options.Module, options.InitArgs);
        await module.EnsureInitializedAsync(broken, options.CallTimeout, time, stop);
        return await _control.RunAsync(
            _ => module.Gate.Run(() =>
            {
                var connection = TokenConnection.Open(module, options, _pin);
                if (lost is { IsStale: false })
                    module.Functions.CloseSession(lost.Anchor); // only now: the last session to close would log out
                return connection;
            }),
            options.CallTimeout, nameof(options.CallTimeout), stop);
    }

    private void Use(TokenConnection connection, int attempt)
    {
        lock (_lock)
        {
            connection.Module.CountConnected(1);
            Volatile.Write(ref _connection, connection);
            Volatile.Write(ref _outage, null);
            Volatile.Write(ref _recovering, false);
            Volatile.Write(ref _needsNewProcess, false);
            if (_stop.IsCancellationRequested)
                Disconnect();
            Signal();
        }

        Log.Connected(logger, provider, options.TokenLabel, attempt);
        Changed();
    }

    /// <summary>The generation of the module that the next attempt takes for broken.</summary>
    private long BrokenAfter(Exception failure, int attempt, long broken)
    {
        if (_module is not { } module)
            return broken;
        return failure switch
        {
            // Slot lists of many modules are made once, at C_Initialize.
            TokenMissingException => module.RestartWouldDisturb(time) ? broken : module.Generation,
            CryptokiException { Code: var code } when ReturnTriage.IsCertainLoss(code) => module.Generation,
            CryptokiException { Code: var code } when ReturnTriage.For(code) == Remedy.NewSessionThenRestart && attempt > 1 => module.Generation,
            _ => broken,
        };
    }

    private async Task RestAsync(Exception failure, int attempt, CancellationToken stop)
    {
        var rest = RecoveryPace.Backoff(attempt) * (1 + (RandomNumberGenerator.GetInt32(256) / 1024.0)); // replicas drift apart
        var outage = Outage.After(failure, rest);
        Log.ConnectFailed(logger, provider, attempt, outage.Message, failure);
        if (attempt >= PatientAttempts || outage.Error == KeyServiceError.ProviderRejected)
            Announce(outage);
        if (attempt >= PatientAttempts && !NeedsNewProcess && (failure is StuckCallException || _module is { IsForeign: true }))
        {
            Volatile.Write(ref _needsNewProcess, true);
            Log.NeedsNewProcess(logger, provider);
        }

        await Task.Delay(rest, time, stop);
    }

    private void Announce(Outage outage)
    {
        lock (_lock)
        {
            Volatile.Write(ref _outage, outage);
            Signal();
        }

        Changed();
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
