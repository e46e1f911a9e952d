using KeyService.Providers.Pkcs11;

namespace KeyService.Server.Configuration;

/// <summary>Section <c>Providers:&lt;name&gt;</c>.</summary>
internal sealed record ProviderSettings(string Name, Pkcs11Options Pkcs11);
