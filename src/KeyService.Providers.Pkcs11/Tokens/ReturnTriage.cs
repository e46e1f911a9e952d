using KeyService.Providers.Pkcs11.Cryptoki;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>
/// Turns the return codes met in the course of one call into what to do next: each remedy is tried once, and what fails
/// again is taken for a broken module.
/// </summary>
internal struct ReturnTriage
{
    private bool _newSession;
    private bool _login;
    private bool _findAgain;

    /// <summary>The remedy for a code on its own.</summary>
    public static Remedy For(CkReturn code) => code switch
    {
        CkReturn.SessionHandleInvalid or CkReturn.SessionClosed or CkReturn.OperationActive
            or CkReturn.OperationNotInitialized => Remedy.NewSession,
        CkReturn.UserNotLoggedIn => Remedy.Login,
        CkReturn.KeyHandleInvalid or CkReturn.ObjectHandleInvalid => Remedy.FindAgain,
        CkReturn.DeviceRemoved or CkReturn.TokenNotPresent or CkReturn.TokenNotRecognized or CkReturn.SlotIdInvalid
            or CkReturn.CryptokiNotInitialized => Remedy.Restart,
        CkReturn.DeviceMemory or CkReturn.HostMemory or CkReturn.SessionCount => Remedy.ShedLoad,
        CkReturn.MechanismInvalid or CkReturn.MechanismParamInvalid or CkReturn.CurveNotSupported
            or CkReturn.DomainParamsInvalid or CkReturn.FunctionNotSupported => Remedy.NotSupported,
        CkReturn.KeyTypeInconsistent or CkReturn.KeySizeRange or CkReturn.KeyFunctionNotPermitted
            or CkReturn.AttributeReadOnly or CkReturn.AttributeSensitive or CkReturn.AttributeTypeInvalid
            or CkReturn.AttributeValueInvalid or CkReturn.ActionProhibited or CkReturn.TemplateIncomplete
            or CkReturn.TemplateInconsistent or CkReturn.DataInvalid or CkReturn.DataLenRange or CkReturn.BufferTooSmall
            or CkReturn.ArgumentsBad or CkReturn.TokenWriteProtected or CkReturn.SessionReadOnly
            or CkReturn.UserTypeInvalid or CkReturn.UserAnotherAlreadyLoggedIn or CkReturn.CantLock
            or CkReturn.NeedToCreateThreads => Remedy.Refused,
        CkReturn.PinIncorrect or CkReturn.PinInvalid or CkReturn.PinLenRange or CkReturn.PinExpired
            or CkReturn.PinLocked or CkReturn.UserPinNotInitialized => Remedy.PinRefused,
        _ => Remedy.NewSessionThenRestart, // GENERAL_ERROR, FUNCTION_FAILED, DEVICE_ERROR, vendors' own and unknown codes
    };

    /// <summary>
    /// True where the code says for certain that the token or the module is gone. After the others a restart is a guess,
    /// which one bad key must not be able to force again and again.
    /// </summary>
    public static bool IsCertainLoss(CkReturn code) => For(code) == Remedy.Restart;

    /// <summary>The remedy for a code, given those that this call has tried before.</summary>
    public Remedy Next(CkReturn code)
    {
        switch (For(code))
        {
            case Remedy.NewSession or Remedy.NewSessionThenRestart:
                return Once(ref _newSession, Remedy.NewSession);
            case Remedy.Login:
                return Once(ref _login, Remedy.Login);
            case Remedy.FindAgain:
                return Once(ref _findAgain, Remedy.FindAgain);
            case var other:
                return other;
        }
    }

    private static Remedy Once(ref bool tried, Remedy remedy)
    {
        if (tried)
            return Remedy.Restart;
        tried = true;
        return remedy;
    }
}
