namespace KeyService.Providers.Aws;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Provider {Provider} made key {Handle} under {Label} for {Algorithm} in {Elapsed}")]
    public static partial void KeyMade(ILogger logger, string provider, string handle, string label, string algorithm, TimeSpan elapsed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} takes over key {Handle} under {Label}: a creation was cut off before it was claimed")]
    public static partial void KeyTakenOver(ILogger logger, string provider, string handle, string label);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} removes key {Handle} under {Label}: {Winner} holds the label")]
    public static partial void SurplusRemoved(ILogger logger, string provider, string handle, string label, string winner);

    [LoggerMessage(Level = LogLevel.Information, Message = "Provider {Provider} scheduled the deletion of key {Handle}; it can be cancelled for {Days} days")]
    public static partial void KeyDestroyed(ILogger logger, string provider, string handle, int days);

    [LoggerMessage(Level = LogLevel.Information, Message = "Provider {Provider} disabled key {Handle}")]
    public static partial void KeyDisabled(ILogger logger, string provider, string handle);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} leaves key {Handle} out of its searches: AWS denies a look at its tags")]
    public static partial void KeyLeftOut(ILogger logger, string provider, string handle);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} cannot read the public half of key {Handle} under {Label}: {Reason}")]
    public static partial void KeyUnreadable(ILogger logger, string provider, string handle, string label, string reason);
}
