namespace KeyService.Core.Keys;

/// <summary>A request that changed the key set, remembered so that its repetition changes nothing.</summary>
/// <param name="Id">As the caller gave it.</param>
/// <param name="Fingerprint">What was asked: a repetition must ask the same.</param>
/// <param name="IntentIds">The keys that it made or is still making.</param>
public sealed record HandledRequest(string Id, string Fingerprint, DateTimeOffset Received, IReadOnlyList<string> IntentIds);
