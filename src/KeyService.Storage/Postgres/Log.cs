namespace KeyService.Storage.Postgres;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Changes of other replicas are heard of at once")]
    public static partial void Listening(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes of other replicas are not heard of at once, only when they are looked for; listening again in {Pause}")]
    public static partial void NotListening(ILogger logger, Exception failure, TimeSpan pause);
}
