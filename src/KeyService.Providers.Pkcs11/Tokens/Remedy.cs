namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>What is to be done about a return code. The order of severity has no meaning.</summary>
internal enum Remedy
{
    /// <summary>Drop the session, open another, try once more.</summary>
    NewSession,

    /// <summary>The session may be at fault, else the module: as <see cref="NewSession"/> first, then as <see cref="Restart"/>.</summary>
    NewSessionThenRestart,

    /// <summary>Log in, try once more.</summary>
    Login,

    /// <summary>Find the key object again, try once more.</summary>
    FindAgain,

    /// <summary>Finalize and initialize the module.</summary>
    Restart,

    /// <summary>The token is short of memory or sessions: take fewer calls at a time.</summary>
    ShedLoad,

    /// <summary>The token has no such mechanism or curve. No retry will help.</summary>
    NotSupported,

    /// <summary>The token refuses for good: a wrong template, right or argument.</summary>
    Refused,

    /// <summary>The PIN is wrong or blocked: never to be tried again as it is.</summary>
    PinRefused,
}
