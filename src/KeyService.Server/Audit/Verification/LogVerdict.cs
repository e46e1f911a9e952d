namespace KeyService.Server.Audit.Verification;

/// <summary>The outcome of a verification.</summary>
/// <param name="Fault">The first thing that is wrong: file, line and what; null where nothing is.</param>
/// <param name="First">Number of the first line that was read; 0 where there was none.</param>
/// <param name="Last">Number of the last line that is whole.</param>
/// <param name="Checkpoints">How many checkpoints agree with the chain.</param>
/// <param name="Covered">Number of the line up to which the last of them vouches; 0 where there was none.</param>
/// <param name="SignaturesVerified">False where no JWKS was given: then checkpoints prove nothing against someone who wrote the log anew.</param>
internal sealed record LogVerdict(
    LogState State, string? Fault, int Files, long First, long Last, string? Instance, int Checkpoints, long Covered, bool SignaturesVerified);
