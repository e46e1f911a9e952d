namespace KeyService.Core.Recovery;

/// <summary>What becomes of one key.</summary>
/// <param name="Basis">For people: what that rests on, what of it is known and what is assumed.</param>
public sealed record RecoveredKey(FoundKey Found, RecoveredRole Role, string Basis);
