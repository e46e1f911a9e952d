namespace KeyService.Simulation.Verifiers;

/// <summary>What a verifier got from a replica.</summary>
internal sealed record ServedJwks(DateTimeOffset FetchedAt, TimeSpan MaxAge, IReadOnlyList<string> Kids);
