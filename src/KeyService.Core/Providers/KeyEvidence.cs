namespace KeyService.Core.Providers;

/// <summary>One thing that a backend says of a key.</summary>
/// <param name="Name">In the backend's words: <c>CKA_EXTRACTABLE</c>, <c>Origin</c>.</param>
/// <param name="Value">As the backend gave it; "unknown" where it does not tell.</param>
/// <param name="Holds">Whether it is what keeps the private half inside; null where nothing follows from it.</param>
public sealed record KeyEvidence(string Name, string Value, bool? Holds);
