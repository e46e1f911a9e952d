using System.Security.Cryptography;
using System.Text;

namespace KeyService.Simulation.Backends;

/// <summary>Real ES256 keys, the same ones in every run: made from their number, and only once, since making them takes most of a run.</summary>
internal static class KeyPool
{
    private static readonly Lock Making = new();
    private static readonly List<PoolKey> Keys = [];

    public static PoolKey Get(int number)
    {
        lock (Making)
        {
            while (Keys.Count <= number)
                Keys.Add(Make(Keys.Count));
            return Keys[number];
        }
    }

    private static PoolKey Make(int number)
    {
        var scalar = SHA256.HashData(Encoding.UTF8.GetBytes($"simulation key {number}"));
        var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
        return new PoolKey(key, key.ExportSubjectPublicKeyInfo());
    }
}
