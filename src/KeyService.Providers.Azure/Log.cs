namespace KeyService.Providers.Azure;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Provider {Provider} made key {Handle} under {Label} for {Algorithm} in {Elapsed}")]
    public static partial void KeyMade(ILogger logger, string provider, string handle, string label, string algorithm, TimeSpan elapsed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} disables {Handle}: another process was first to make a key under {Label}")]
    public static partial void RaceLost(ILogger logger, string provider, string handle, string label);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} disabled key {Handle}")]
    public static partial void KeyDisabled(ILogger logger, string provider, string handle);

    [LoggerMessage(Level = LogLevel.Information, Message = "Provider {Provider} deleted key {Handle}; purged: {Purged}")]
    public static partial void KeyDeleted(ILogger logger, string provider, string handle, bool purged);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} cannot read the public half of {Name} under {Label}: {Reason}")]
    public static partial void PublicKeyUnreadable(ILogger logger, string provider, string name, string label, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} passes over key {Name}: its label tag belongs to another name")]
    public static partial void ForeignTag(ILogger logger, string provider, string name);
}
