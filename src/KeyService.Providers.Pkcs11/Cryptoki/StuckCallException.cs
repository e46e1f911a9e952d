using System.Diagnostics.CodeAnalysis;

namespace KeyService.Providers.Pkcs11.Cryptoki;

/// <summary>A call into the module does not come back, so the module can be neither restarted nor left.</summary>
[SuppressMessage("Design", "CA1064", Justification = "Never crosses this project's border: it is turned into a KeyServiceException.")]
internal sealed class StuckCallException() : Exception("A call into the PKCS#11 module does not return.");
