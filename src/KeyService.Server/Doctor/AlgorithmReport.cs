using KeyService.Core.Providers;

namespace KeyService.Server.Doctor;

/// <summary>What came of one key of one algorithm: made, looked at, signed with, destroyed.</summary>
/// <param name="LargestInput">Bytes; 0 where the provider does not offer the algorithm, and then nothing was tried.</param>
/// <param name="Failure">What stopped the examination; null where all went well.</param>
internal sealed record AlgorithmReport(
    string Algorithm, int LargestInput, double? CreateMilliseconds, SignLatency? Latency, IReadOnlyList<KeyEvidence> Evidence, Failure? Failure);
