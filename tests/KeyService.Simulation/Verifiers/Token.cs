namespace KeyService.Simulation.Verifiers;

/// <summary>A token that a client was given.</summary>
/// <param name="SignedAt">When its key was chosen, in true time.</param>
internal sealed record Token(string Set, string Kid, DateTimeOffset ExpiresAt, DateTimeOffset SignedAt, string Replica);
