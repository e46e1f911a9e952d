namespace KeyService.Providers.Tests.Pkcs11;

/// <summary>
/// The tests that load a module run one after the other. Copies of SoftHSM in one process share OpenSSL and set its random
/// source at C_Initialize and C_Finalize; a login in another copy at that moment fails now and then, with PIN_INCORRECT.
/// </summary>
[CollectionDefinition(nameof(OneModuleAtATime))]
public sealed class OneModuleAtATime;
