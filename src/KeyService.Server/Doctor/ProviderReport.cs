using KeyService.Core.Providers;

namespace KeyService.Server.Doctor;

/// <summary>What an examination found of one provider.</summary>
/// <param name="Facts">Null where the backend could not be asked.</param>
/// <param name="Guard">What the service itself holds the provider to.</param>
/// <param name="CheckMilliseconds">How long the readiness check took; null where it failed.</param>
internal sealed record ProviderReport(
    string Name, IReadOnlyDictionary<string, string> Guard, ProviderFacts? Facts, double? CheckMilliseconds, IReadOnlyList<AlgorithmReport> Algorithms, IReadOnlyList<Failure> Failures)
{
    public bool Works => Failures.Count == 0 && Algorithms.All(algorithm => algorithm.Failure is null);
}
