using KeyService.Testing.Azure;

namespace KeyService.Providers.Tests.Azure;

/// <summary>A Managed HSM: another resource, and keys in hardware only.</summary>
public sealed class ManagedHsmFixture : KeyVaultFixture
{
    protected override KeyVaultSettings Settings =>
        new() { Tier = VaultTier.ManagedHsm, Resource = "https://managedhsm.azure.net", ChallengesWithScope = true };

    protected override bool HardwareKeys => true;
}
