using System.Globalization;
using System.Security.Cryptography;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Storage.Sqlite;

namespace KeyService.Benchmarks;

/// <summary>
/// Key sets as years of rotation leave them, written straight into the store: one key that signs, its published successor and its
/// published predecessors. All active ones share one key of the token, which takes a minute to make ten thousand.
/// </summary>
internal static class ManyKeySets
{
    private static readonly TimeSpan Term = TimeSpan.FromMinutes(20); // short, so that all are still published
    private static readonly Signer Signer = new(SigningAlgorithm.ES256, BenchToken.ProviderName);

    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"tenant-{number}");

    /// <param name="keys">In each set: two at least.</param>
    public static async Task WriteAsync(string database, int count, int keys, ProviderKey key)
    {
        await using var store = new SqliteKeySetStore(new SqliteStoreOptions { Path = database }, TimeProvider.System);
        await store.PrepareAsync(CancellationToken.None);
        for (var number = 0; number < count; number++)
            await SaveAsync(store, Make(number, keys, key));
    }

    /// <summary>Saves the next version of a set, as another replica would.</summary>
    public static async Task ChangeAsync(SqliteKeySetStore store, int number, string issuer)
    {
        var present = await store.FindAsync(NameOf(number), CancellationToken.None) ?? throw new InvalidOperationException("The set is gone.");
        await SaveAsync(store, present with { Issuer = issuer, Revision = present.Revision + 1 });
    }

    private static async Task SaveAsync(SqliteKeySetStore store, KeySet keySet)
    {
        if (!await store.TrySaveAsync(keySet, CancellationToken.None))
            throw new InvalidOperationException($"Someone else saved {keySet.Name}.");
    }

    private static KeySet Make(int number, int keys, ProviderKey held)
    {
        var now = TimeProvider.System.GetUtcNow();
        var policy = KeySetRules.Defaults with { Propagation = TimeSpan.FromDays(1), MaxTokenLifetime = TimeSpan.FromDays(2) };
        var (last, next) = (now.AddHours(-1), now.AddHours(23));
        return new KeySet
        {
            Name = NameOf(number),
            Revision = 1,
            Created = now,
            Policy = policy,
            Signers = [Signer],
            Keys =
            [
                .. Enumerable.Range(1, keys - 2).Reverse().Select(ago => KeyOf(
                    number, Jwk.FromSubjectPublicKeyInfo(NewPublicKey()), new KeyHandle(string.Create(CultureInfo.InvariantCulture, $"gone-{number}-{ago}")), last - (ago * Term), last - ((ago - 1) * Term))),
                KeyOf(number, Jwk.FromSubjectPublicKeyInfo(held.SubjectPublicKeyInfo.Span), held.Handle, last, next),
                KeyOf(number, Jwk.FromSubjectPublicKeyInfo(NewPublicKey()), new KeyHandle($"next-{number}"), next, deactivates: null),
            ],
        };

        Key KeyOf(int set, Jwk publicKey, KeyHandle handle, DateTimeOffset activates, DateTimeOffset? deactivates) => new()
        {
            Kid = publicKey.Thumbprint(),
            Algorithm = SigningAlgorithm.ES256,
            Provider = BenchToken.ProviderName,
            Handle = handle,
            Label = $"{KeyIntent.LabelPrefix(NameOf(set))}{RandomNumberGenerator.GetHexString(32, lowercase: true)}",
            PublicKey = publicKey,
            Dates = new KeyDates
            {
                Created = activates - policy.Propagation,
                Published = activates - policy.Propagation,
                Activates = activates,
                Deactivates = deactivates,
                Unpublishes = deactivates + policy.MaxTokenLifetime,
                Destroys = deactivates + policy.MaxTokenLifetime + policy.Retention,
            },
        };
    }

    private static byte[] NewPublicKey()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return pair.ExportSubjectPublicKeyInfo();
    }
}
