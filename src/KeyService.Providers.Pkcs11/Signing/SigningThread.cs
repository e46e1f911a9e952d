using System.Diagnostics.CodeAnalysis;
using KeyService.Core;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11.Signing;

/// <summary>A thread with a session of its own that takes calls from the queue and signs.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The thread itself frees its buffers, at its end: nobody else may while it is in the module.")]
internal sealed class SigningThread(SignQueue queue, TokenSupervisor supervisor)
{
    private readonly SignBuffers _buffers = new();
    private TokenSession? _session;

    /// <summary>What is to become of a call that a thread had in hand.</summary>
    internal enum Outcome
    {
        Completed,

        /// <summary>Back to the head of the queue, to wait for another connection or another thread.</summary>
        Return,

        /// <summary>As <see cref="Return"/>, and the thread ends: it cannot have a session, others have theirs.</summary>
        ReturnAndEnd,

        /// <summary>Its key object must be found first, which is not done on this thread.</summary>
        FindKey,
    }

    // Under the queue's lock.
    public SignCall? Call { get; set; }

    public TokenConnection? Connection { get; set; }

    public long StartedAt { get; set; }

    public bool IsWrittenOff { get; set; }

    public void Start(string name) => new Thread(Loop) { IsBackground = true, Name = name }.Start();

    private void Loop()
    {
        var (call, outcome) = ((SignCall?)null, Outcome.Completed);
        while ((call = queue.Next(this, call, outcome)) is not null)
            outcome = Process(call, Connection!); // set with the call

        CloseSession();
        _buffers.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happened belongs to the caller who waits for it.")]
    private Outcome Process(SignCall call, TokenConnection connection)
    {
        try
        {
            if (call.IsCompleted)
                return Outcome.Completed;
            if (call.Key?.Connection != connection)
            {
                if (!connection.TryGetKey(call.Handle, out var key))
                    return Outcome.FindKey;
                call.Key = key;
            }

            return Sign(call, connection);
        }
        catch (CryptokiException exception)
        {
            call.Fail(Failures.From(exception)); // C_Login
            return Outcome.Completed;
        }
        catch (Exception exception)
        {
            call.Fail(exception);
            return Outcome.Completed;
        }
    }

    private Outcome Sign(SignCall call, TokenConnection connection)
    {
        while (true)
        {
            // The gate first: only while we hold it does the generation stay what it is.
            if (!connection.Module.Gate.TryEnter())
                return Stale(connection);
            CryptokiException failure;
            try
            {
                if (connection.IsStale)
                    return Stale(connection);
                try
                {
                    if (TrySign(call, connection) is not { } error)
                        return Outcome.Completed;
                    failure = error;
                }
                catch (CryptokiException error)
                {
                    failure = error; // C_OpenSession
                }

                switch (call.Triage.Next(failure.Code))
                {
                    case Remedy.NewSession:
                        DropSession();
                        continue;
                    case Remedy.Login when _session is not null:
                        _session.Login(); // may throw KeyServiceException or CryptokiException: the call fails by it
                        continue;
                    case Remedy.FindAgain:
                        connection.Forget(call.Handle);
                        return Outcome.FindKey;
                    case Remedy.Restart when supervisor.ReportLost(connection, failure):
                        DropSession();
                        call.Triage = default;
                        return ReturnOnce(call, failure);
                    case Remedy.ShedLoad:
                        return Shed(call, failure);
                }

                DropSessionAfter(failure.Code);
            }
            finally
            {
                connection.Module.Gate.Exit();
            }

            call.Fail(Failures.From(failure));
            return Outcome.Completed;
        }
    }

    private CryptokiException? TrySign(SignCall call, TokenConnection connection)
    {
        if (_session?.Connection != connection)
        {
            DropSession();
            _session = TokenSession.Open(connection, readWrite: false);
        }

        var key = call.Key!; // Process looked
        var expected = key.SignatureLength(call.Algorithm);
        if (expected is 0 or > SignBuffers.MaxSignature)
        {
            call.Fail(Failures.WrongKeyType(call.Algorithm));
            return null;
        }

        var answer = _buffers.Sign(connection.Functions, _session.Handle, key, call.Algorithm, call.Input, out var length, out var function);
        if (answer != CkReturn.Ok)
            return new CryptokiException(function, answer);

        if (length == expected)
        {
            call.Succeed(_buffers.Signature(length));
        }
        else
        {
            DropSession();
            call.Fail(new KeyServiceException(
                KeyServiceError.ProviderRejected, $"The token gave a signature of {length} bytes where {call.Algorithm} needs {expected}."));
        }

        return null;
    }

    private Outcome Stale(TokenConnection connection)
    {
        supervisor.ReportStale(connection);
        return Outcome.Return;
    }

    private static Outcome ReturnOnce(SignCall call, CryptokiException failure)
    {
        if (call.Returns++ == 0)
            return Outcome.Return;
        call.Fail(Failures.From(failure));
        return Outcome.Completed;
    }

    private Outcome Shed(SignCall call, CryptokiException failure)
    {
        if (queue.UseFewerSessions(this, failure) && failure.Code == CkReturn.SessionCount)
            return Outcome.ReturnAndEnd;
        call.Fail(Failures.From(failure));
        return Outcome.Completed;
    }

    private void DropSessionAfter(CkReturn code)
    {
        // The operation may still be active after a short buffer, and nobody knows what a guessed code left behind.
        if (code == CkReturn.BufferTooSmall || ReturnTriage.For(code) is not (Remedy.Refused or Remedy.NotSupported))
            DropSession();
    }

    private void DropSession()
    {
        _session?.Close();
        _session = null;
    }

    private void CloseSession()
    {
        if (_session is not { } session || !session.Connection.Module.Gate.TryEnter())
            return;
        try
        {
            DropSession();
        }
        finally
        {
            session.Connection.Module.Gate.Exit();
        }
    }
}
