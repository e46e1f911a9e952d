namespace KeyService.Testing;

/// <summary>A token of SoftHSM.</summary>
/// <param name="PinFile">Holds the PIN and a line break, readable by its owner only.</param>
public sealed record SoftHsmToken(string Label, string Pin, string PinFile);
