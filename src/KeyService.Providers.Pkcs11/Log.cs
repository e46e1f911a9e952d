namespace KeyService.Providers.Pkcs11;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Provider {Provider} is connected to token {TokenLabel}, at attempt {Attempt}")]
    public static partial void Connected(ILogger logger, string provider, string tokenLabel, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} lost its token: {Function} answered {ReturnCode}")]
    public static partial void ConnectionLost(ILogger logger, string provider, string function, string returnCode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} could not connect, attempt {Attempt}: {Reason}")]
    public static partial void ConnectFailed(ILogger logger, string provider, int attempt, string reason, Exception failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Provider {Provider} cannot be cured within this process: its module hangs, or belongs to other code")]
    public static partial void NeedsNewProcess(ILogger logger, string provider);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} leaves its module without C_Finalize: a call into it does not return")]
    public static partial void ModuleNotFinalized(ILogger logger, string provider);

    [LoggerMessage(Level = LogLevel.Error, Message = "Provider {Provider} abandoned a call to key {Handle} after {CallTimeout}; {Stuck} calls do not return")]
    public static partial void CallAbandoned(ILogger logger, string provider, string handle, TimeSpan callTimeout, int stuck);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} goes down to {Sessions} sessions: {Function} answered {ReturnCode}")]
    public static partial void FewerSessions(ILogger logger, string provider, int sessions, string function, string returnCode);

    [LoggerMessage(Level = LogLevel.Information, Message = "Provider {Provider} made key {Handle} under {Label} for {Algorithm} in {Elapsed}")]
    public static partial void KeyMade(ILogger logger, string provider, string handle, string label, string algorithm, TimeSpan elapsed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} removes {Count} objects before it makes a key under {Label}: remains of creations that were cut off")]
    public static partial void RemainsRemoved(ILogger logger, string provider, int count, string label);

    [LoggerMessage(Level = LogLevel.Information, Message = "Provider {Provider} destroyed key {Handle}: {Count} objects")]
    public static partial void KeyDestroyed(ILogger logger, string provider, string handle, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} passes over key {Handle} under {Label}: {Reason}")]
    public static partial void KeyPassedOver(ILogger logger, string provider, string handle, string label, string reason);
}
