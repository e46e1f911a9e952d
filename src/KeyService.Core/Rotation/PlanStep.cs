namespace KeyService.Core.Rotation;

/// <summary>Something that will happen to a key set by itself.</summary>
/// <param name="At">When; null for as soon as may be.</param>
/// <param name="Kid">The key that it happens to; null where there is none yet.</param>
/// <param name="What">What happens, as a sentence.</param>
/// <param name="Why">Why then and not sooner, as a sentence.</param>
public sealed record PlanStep(DateTimeOffset? At, string? Kid, string What, string Why);
