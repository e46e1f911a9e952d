namespace KeyService.Testing.Aws;

/// <summary>An error as an AWS service answers it.</summary>
/// <param name="type">Its name in the service's API reference.</param>
/// <param name="status">The HTTP code that the reference gives.</param>
public sealed class AwsErrorException(string type, string message, int status = 400) : Exception(message)
{
    public string Code { get; } = type;

    public int Status { get; } = status;

    public static AwsErrorException Validation(string message) => new("ValidationException", message);

    public static AwsErrorException NotFound(string message) => new("NotFoundException", message);
}
