namespace KeyService.Core.Providers;

/// <summary>
/// A provider that can tell an operator what it stands on. Not for the paths of the service: an answer may take many calls of the
/// backend. Failures are those of <see cref="IKeyProvider"/>.
/// </summary>
public interface IInspectable
{
    Task<ProviderFacts> InspectAsync(CancellationToken cancellationToken);

    /// <summary>What the backend itself says on whether the private half of a key can leave it.</summary>
    Task<IReadOnlyList<KeyEvidence>> InspectKeyAsync(KeyHandle key, CancellationToken cancellationToken);
}
