using KeyService.Core.Recovery;

namespace KeyService.Server.Recovery;

/// <summary>What becomes of one key.</summary>
internal sealed record KeyReport(string Role, string? Kid, string Provider, string Label, string Basis)
{
    public static KeyReport Of(RecoveredKey key) => new(
        key.Role switch
        {
            RecoveredRole.Signs => "signs",
            RecoveredRole.SignsLater => "signs later",
            RecoveredRole.Verifies => "verifies",
            RecoveredRole.Revoked => "revoked",
            RecoveredRole.Recorded => "recorded",
            _ => "left alone",
        },
        key.Found.Kid, key.Found.Provider, key.Found.Label, key.Basis);
}
