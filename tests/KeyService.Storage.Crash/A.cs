using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Storage.Crash;

/// <summary>Makes what tests store: <c>A.KeySet("orders")</c>.</summary>
public static class A
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A key set with one signer and one key, about to be saved for the first time.</summary>
    public static KeySet KeySet(string name, string? reason = null) => new()
    {
        Name = name,
        Revision = 1,
        Created = Noon,
        Policy = new KeySetPolicy
        {
            Propagation = TimeSpan.FromMinutes(30),
            MaxTokenLifetime = TimeSpan.FromHours(1),
            Retention = TimeSpan.FromDays(7),
            ClockSkew = TimeSpan.FromMinutes(1),
        },
        Signers = [new Signer(SigningAlgorithm.ES256, "hsm")],
        Keys = [Key($"{name}/1", reason)],
    };

    /// <summary>An ES256 key whose material follows from <paramref name="seed"/>. It is no point of the curve.</summary>
    public static Key Key(string seed, string? reason = null) => new()
    {
        Kid = Bytes($"kid {seed}"),
        Algorithm = SigningAlgorithm.ES256,
        Provider = "hsm",
        Handle = new KeyHandle($"handle of {seed}"),
        Label = $"keyservice/{seed}",
        PublicKey = new Jwk { KeyType = "EC", Curve = "P-256", X = Bytes($"x {seed}"), Y = Bytes($"y {seed}") },
        Dates = new KeyDates { Created = Noon, Published = Noon, Activates = Noon },
        Reason = reason,
    };

    /// <summary>What a change makes of it: the next revision, told from others of that revision by its reason.</summary>
    public static KeySet Next(this KeySet keySet, string? reason = null) => keySet with
    {
        Revision = keySet.Revision + 1,
        Keys = keySet.Keys.SetItem(0, keySet.Keys[0] with { Reason = reason }),
    };

    private static string Bytes(string seed) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(seed)));
}
