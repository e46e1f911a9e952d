using KeyService.Providers.Pkcs11;
using KeyService.Server.Guard;

namespace KeyService.Server.Configuration;

/// <summary>Section <c>Providers:&lt;name&gt;</c>.</summary>
internal sealed record ProviderSettings(string Name, Pkcs11Options Pkcs11, GuardOptions Guard);
