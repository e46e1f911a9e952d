using System.Collections.Immutable;
using KeyService.Core.Keys;

namespace KeyService.Core.Recovery;

/// <summary>How a key set is recovered.</summary>
/// <param name="KeySet">What is to be saved; null where there is nothing to do, or something in the way.</param>
/// <param name="Keys">Every key that was found, by label.</param>
/// <param name="Problems">What must be said first, for people; empty where it can be saved.</param>
public sealed record KeySetRecovery(string Name, KeySet? KeySet, ImmutableArray<RecoveredKey> Keys, ImmutableArray<string> Problems);
