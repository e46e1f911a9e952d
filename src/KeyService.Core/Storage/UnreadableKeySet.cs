namespace KeyService.Core.Storage;

/// <summary>A key set that is stored, but cannot be read: damaged, or made by a newer version.</summary>
/// <param name="Fault">For people: what is wrong with it.</param>
public sealed record UnreadableKeySet(string Name, string Fault);
