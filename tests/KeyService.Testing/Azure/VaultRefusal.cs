using System.Diagnostics.CodeAnalysis;

namespace KeyService.Testing.Azure;

/// <summary>An answer other than 2xx, in the form of KeyVaultError (Azure Key Vault REST API error codes).</summary>
[SuppressMessage("Design", "CA1064", Justification = "It never leaves the server.")]
internal sealed class VaultRefusal(int status, string code, string message, string? innerCode = null) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public string? InnerCode => innerCode;

    public static VaultRefusal BadParameter(string message) => new(400, "BadParameter", message);

    public static VaultRefusal Forbidden(string message, string? innerCode = null) => new(403, "Forbidden", message, innerCode);

    public static VaultRefusal KeyNotFound(string name) => new(404, "KeyNotFound", $"No key {name} is in this vault.");

    public static VaultRefusal Conflict(string message, string innerCode) => new(409, "Conflict", message, innerCode);
}
