using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "Error when executing service method '{Method}'.")]
    public static partial void HandlerFailed(ILogger logger, string method, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Service method '{Method}' ended with status {StatusCode}.")]
    public static partial void CallFailed(ILogger logger, string method, StatusCode statusCode, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Service method '{Method}' failed after its call had ended.")]
    public static partial void FailedAfterEnd(ILogger logger, string method, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Service method '{Method}' passed its deadline {Deadline}.")]
    public static partial void DeadlineExceeded(ILogger logger, string method, DateTime deadline);

    [LoggerMessage(Level = LogLevel.Error, Message = "Ending '{Method}' at its deadline failed.")]
    public static partial void DeadlineFailed(ILogger logger, string method, Exception exception);
}
