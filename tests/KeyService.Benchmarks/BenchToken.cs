using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11;
using KeyService.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Benchmarks;

/// <summary>A SoftHSM token for the servers, opened in this process too: for what the token does alone.</summary>
internal sealed class BenchToken : IAsyncDisposable
{
    /// <summary>Name of the provider in each server's settings.</summary>
    public const string ProviderName = "softhsm";
    private readonly SoftHsm _softHsm;
    private readonly Dictionary<SigningAlgorithm, KeyHandle> _keys = [];

    private BenchToken(SoftHsm softHsm, SoftHsmToken token)
    {
        _softHsm = softHsm;
        Options = new Pkcs11Options { Module = softHsm.Module, TokenLabel = token.Label, PinFile = token.PinFile };
        Provider = new Pkcs11KeyProvider(ProviderName, Options, NullLogger<Pkcs11KeyProvider>.Instance, TimeProvider.System);
    }

    public string Folder => _softHsm.Folder;

    public IReadOnlyDictionary<string, string> Environment => _softHsm.Environment;

    public Pkcs11Options Options { get; }

    public Pkcs11KeyProvider Provider { get; }

    /// <summary>A key of this token that no server knows of.</summary>
    public async Task<KeyHandle> KeyAsync(SigningAlgorithm algorithm)
    {
        if (!_keys.TryGetValue(algorithm, out var handle))
        {
            var key = await Provider.CreateKeyAsync($"bench/{algorithm.Name.ToLowerInvariant()}", new KeySpec(algorithm, algorithm.KeyType == "RSA" ? 2048 : 0), CancellationToken.None);
            _keys.Add(algorithm, handle = key.Handle);
        }

        return handle;
    }

    public static async Task<BenchToken> MakeAsync()
    {
        var softHsm = SoftHsm.Create();
        SoftHsm.UseInThisProcess(softHsm.Folder);
        return new BenchToken(softHsm, await softHsm.AddTokenAsync("bench", CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await Provider.DisposeAsync();
        _softHsm.Dispose();
    }
}
