using KeyService.Providers.Tests;
using KeyService.Testing;

[assembly: AssemblyFixture(typeof(SoftHsmFixture))]

namespace KeyService.Providers.Tests;

/// <summary>
/// The one SoftHSM of the test process. The tokens of tests that share the module as it is installed are made before anyone
/// loads it; tests with a copy of the module of their own add tokens at will.
/// </summary>
public sealed class SoftHsmFixture : IAsyncLifetime
{
    private readonly SoftHsm _softHsm = SoftHsm.Create();
    private int _added;

    public SoftHsmToken Conformance { get; private set; } = null!; // set by InitializeAsync, which xUnit awaits

    public SoftHsmToken First { get; private set; } = null!; // as before

    public SoftHsmToken Second { get; private set; } = null!; // as before

    public string Module => _softHsm.Module;

    public string Folder => _softHsm.Folder;

    public IReadOnlyDictionary<string, string> Environment => _softHsm.Environment;

    public async ValueTask InitializeAsync()
    {
        _softHsm.UseInThisProcess();
        Conformance = await _softHsm.AddTokenAsync("conformance", CancellationToken.None);
        First = await _softHsm.AddTokenAsync("first", CancellationToken.None);
        Second = await _softHsm.AddTokenAsync("second", CancellationToken.None);
    }

    public Task<SoftHsmToken> AddTokenAsync(CancellationToken cancellationToken) =>
        _softHsm.AddTokenAsync($"token {Interlocked.Increment(ref _added)}", cancellationToken);

    public string WriteSecret(string name, string content) => _softHsm.WriteSecret(name, content);

    public ValueTask DisposeAsync()
    {
        _softHsm.Dispose();
        return ValueTask.CompletedTask;
    }
}
