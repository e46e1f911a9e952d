using System.Diagnostics.CodeAnalysis;

namespace KeyService.Providers.Azure.Protocol;

/// <summary>What the vault answered, in its own words: for the log, never for a caller.</summary>
[SuppressMessage("Design", "CA1064", Justification = "Only ever the cause inside of a KeyServiceException.")]
internal sealed class VaultErrorException(int status, string? code, string? innerCode, string? text, string? requestId)
    : Exception($"Status {status}, code {code ?? "none"}/{innerCode ?? "none"}, request {requestId ?? "unknown"}: {text ?? "no text"}")
{
    public int Status => status;

    public string? Code => code;

    /// <summary>The finer code of <c>innererror</c>, such as <c>KeyDisabled</c> or <c>ObjectIsDeletedButRecoverable</c>.</summary>
    public string? InnerCode => innerCode;
}
