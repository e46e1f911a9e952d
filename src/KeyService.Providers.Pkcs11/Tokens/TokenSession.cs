using KeyService.Providers.Pkcs11.Cryptoki;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>A session of one connection, used by one thread at a time. Only within the module's gate.</summary>
internal sealed class TokenSession
{
    private TokenSession(TokenConnection connection, nuint handle)
    {
        Connection = connection;
        Handle = handle;
        LoginsSeen = connection.Logins;
    }

    public TokenConnection Connection { get; }

    public CryptokiFunctions Functions => Connection.Functions;

    public nuint Handle { get; }

    private int LoginsSeen { get; set; }

    public static unsafe TokenSession Open(TokenConnection connection, bool readWrite)
    {
        nuint handle;
        var flags = Ck.Flag.SerialSession | (readWrite ? Ck.Flag.RwSession : 0);
        CryptokiException.ThrowUnlessOk("C_OpenSession", connection.Functions.OpenSession(connection.Slot, flags, &handle));
        return new TokenSession(connection, handle);
    }

    /// <summary>Logs the token in again, once for all sessions that found themselves logged out.</summary>
    public void Login()
    {
        Connection.Login(Handle, LoginsSeen);
        LoginsSeen = Connection.Logins;
    }

    /// <summary>Closes the session. It may be dead already, so the answer is of no interest.</summary>
    public void Close()
    {
        if (!Connection.IsStale)
            Functions.CloseSession(Handle);
    }
}
