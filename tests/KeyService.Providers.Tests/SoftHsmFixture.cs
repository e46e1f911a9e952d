using System.Globalization;
using KeyService.Providers.Tests;
using KeyService.Testing;

[assembly: AssemblyFixture(typeof(SoftHsmFixture))]

namespace KeyService.Providers.Tests;

/// <summary>
/// The SoftHSM of the test process: one for the tests that use the module as it is installed, whose tokens are made before
/// anyone loads it, and one for each private copy of the module, so that tests cannot meet each other's tokens.
/// </summary>
public sealed class SoftHsmFixture : IAsyncLifetime
{
    private const int MostPrivate = 200;
    private readonly SoftHsm _softHsm = SoftHsm.Create();
    private int _private;

    public SoftHsmToken First { get; private set; } = null!; // as before

    public SoftHsmToken Second { get; private set; } = null!; // as before

    public string Module => _softHsm.Module;

    public string Folder => _softHsm.Folder;

    public IReadOnlyDictionary<string, string> Environment => _softHsm.Environment;

    /// <summary>As long as SOFTHSM2_CONF, which it replaces in a copy of the module.</summary>
    private static string Variable(int number) => string.Create(CultureInfo.InvariantCulture, $"SOFTHSM2_C{number:000}");

    private string PrivateFolder(int number) => Path.Combine(Folder, Variable(number));

    public async ValueTask InitializeAsync()
    {
        SoftHsm.UseInThisProcess(Folder);
        for (var number = 0; number < MostPrivate; number++)
            SoftHsm.UseInThisProcess(PrivateFolder(number), Variable(number));
        First = await _softHsm.AddTokenAsync("first", CancellationToken.None);
        Second = await _softHsm.AddTokenAsync("second", CancellationToken.None);
    }

    /// <summary>A SoftHSM apart from all others, and the variable by which a copy of the module is to find it.</summary>
    public (SoftHsm SoftHsm, string Variable) CreatePrivate()
    {
        var number = Interlocked.Increment(ref _private) - 1;
        return number < MostPrivate
            ? (SoftHsm.CreateIn(PrivateFolder(number)), Variable(number))
            : throw new InvalidOperationException("More private modules than were announced in the environment.");
    }

    public ValueTask DisposeAsync()
    {
        _softHsm.Dispose();
        return ValueTask.CompletedTask;
    }
}
