namespace KeyService.Testing.Azure;

/// <summary>What goes wrong with requests that carry a valid token.</summary>
public sealed record VaultFault
{
    /// <summary>How many requests it meets; the default is all of them until <see cref="VaultFaults.Clear"/>.</summary>
    public int Count { get; init; } = int.MaxValue;

    /// <summary>Only requests whose path ends so, such as <c>/sign</c>; null for all.</summary>
    public string? PathEnd { get; init; }

    /// <summary>Answers with this status in place of the operation.</summary>
    public int? Status { get; init; }

    public string Code { get; init; } = "InternalServerError";

    public string? InnerCode { get; init; }

    public string? RetryAfter { get; init; }

    /// <summary>Waits so long first.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Drops the connection in place of an answer.</summary>
    public bool Drop { get; init; }

    /// <summary>Answers with this body and 200 in place of the operation.</summary>
    public string? Body { get; init; }

    /// <summary>Flips a bit of the signature.</summary>
    public bool BreakSignature { get; init; }

    /// <summary>Names another version as the one that signed.</summary>
    public bool WrongKid { get; init; }

    /// <summary>429 (Key Vault throttling guidance). The header is often left out.</summary>
    public static VaultFault Throttled(int count = int.MaxValue, string? retryAfter = null) =>
        new() { Count = count, Status = 429, Code = "Throttled", RetryAfter = retryAfter };
}
