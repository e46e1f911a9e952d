using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11;
using KeyService.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Providers.Tests.Pkcs11;

internal static class TestProviders
{
    public static Pkcs11KeyProvider On(
        string module, SoftHsmToken token, Action<Pkcs11Options>? change = null, TimeProvider? time = null,
        ILogger<Pkcs11KeyProvider>? logger = null)
    {
        var options = new Pkcs11Options { Module = module, TokenLabel = token.Label, PinFile = token.PinFile, MaxSessions = 2 };
        change?.Invoke(options);
        return new Pkcs11KeyProvider("test", options, logger ?? NullLogger<Pkcs11KeyProvider>.Instance, time ?? TimeProvider.System);
    }

    public static Task<ProviderKey> CreateEs256Async(this IKeyProvider provider, string label, CancellationToken cancellationToken) =>
        provider.CreateKeyAsync(label, new KeySpec(SigningAlgorithm.ES256, 0), cancellationToken);

    public static Task<byte[]> SignEs256Async(this IKeyProvider provider, ProviderKey key, CancellationToken cancellationToken) =>
        provider.SignAsync(key.Handle, SigningAlgorithm.ES256, new byte[32], cancellationToken).AsTask();
}
