using System.Diagnostics.CodeAnalysis;
using KeyService.Providers.Pkcs11.Cryptoki;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>Runs calls that may be repeated (finding, making and destroying keys) on one thread, and cures what can be cured.</summary>
internal sealed class TokenCalls(
    string name, Pkcs11Options options, TokenSupervisor supervisor, StuckCalls stuck, TimeProvider time) : IDisposable
{
    private readonly CallThread _thread = new(name, stuck, time);

    /// <param name="call">Gets a session; may run twice, so it must look before it acts.</param>
    public async Task<T> RunAsync<T>(Func<TokenSession, T> call, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var connection = await supervisor.ConnectedAsync(cancellationToken);
            try
            {
                return await _thread.RunAsync(
                    lane => Run(lane, connection, call), options.KeyCallTimeout, nameof(options.KeyCallTimeout), cancellationToken);
            }
            catch (ConnectionLostException) when (attempt == 1)
            {
                // once more, on the next connection
            }
            catch (ConnectionLostException lost)
            {
                throw Failures.Unavailable("The token was lost during the call.", lost.InnerException);
            }
        }
    }

    public void Dispose() => _thread.Dispose();

    private T Run<T>(CallThread.Lane lane, TokenConnection connection, Func<TokenSession, T> call)
    {
        var triage = default(ReturnTriage);
        while (true)
        {
            if (!connection.Module.Gate.TryEnter())
                throw Stale(connection);
            try
            {
                if (connection.IsStale)
                    throw Stale(connection);
                return call(lane.SessionOn(connection));
            }
            catch (CryptokiException failure)
            {
                Cure(lane, connection, failure, triage.Next(failure.Code));
            }
            finally
            {
                connection.Module.Gate.Exit();
            }
        }
    }

    private void Cure(CallThread.Lane lane, TokenConnection connection, CryptokiException failure, Remedy remedy)
    {
        switch (remedy)
        {
            case Remedy.NewSession:
                lane.DropSession();
                return;
            case Remedy.FindAgain:
                return; // every call begins with a search
            case Remedy.Login when lane.Session is { } session:
                try
                {
                    session.Login();
                    return;
                }
                catch (CryptokiException login)
                {
                    throw Failures.From(login);
                }

            case Remedy.Restart when supervisor.ReportLost(connection, failure):
                throw new ConnectionLostException(failure);
            default:
                if (remedy is not (Remedy.Refused or Remedy.NotSupported))
                    lane.DropSession();
                throw Failures.From(failure);
        }
    }

    private ConnectionLostException Stale(TokenConnection connection)
    {
        supervisor.ReportStale(connection);
        return new ConnectionLostException(inner: null);
    }

    [SuppressMessage("Design", "CA1064", Justification = "Never crosses this project's border: it is turned into a KeyServiceException.")]
    private sealed class ConnectionLostException(Exception? inner) : Exception("The connection was lost.", inner);
}
