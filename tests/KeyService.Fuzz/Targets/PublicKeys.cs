using System.Buffers.Text;
using System.Formats.Asn1;
using System.Text;
using KeyService.Core.Audit;
using KeyService.Core.Keys;
using KeyService.Providers.Pkcs11.Keys;

namespace KeyService.Fuzz.Targets;

/// <summary>Public keys: SubjectPublicKeyInfo, what tokens give, and JWKS.</summary>
internal static class PublicKeys
{
    private static readonly string[] Names = ["P-256", "P-384", "P-521", "secp256k1"];

    public static IReadOnlyList<byte[]> Infos { get; } = [.. ExampleKeys.All.Select(key => key.Key.ToSubjectPublicKeyInfo())];

    public static IReadOnlyList<byte[]> CurveParameters { get; } = [.. new[] { "P-256", "P-384", "P-521", "secp256k1", "Ed25519" }.SelectMany(Curves.Parameters)];

    /// <summary>The first byte is the number of the curve; 4 is Ed25519, 5 an RSA modulus.</summary>
    public static IReadOnlyList<byte[]> TokenPoints { get; } =
    [
        .. ExampleKeys.All.Take(4).Select((key, i) => (byte[])[(byte)i, .. Point(key.Key)]),
        .. ExampleKeys.All.Take(4).Select((key, i) => (byte[])[(byte)i, .. Wrapped(Point(key.Key), asBits: false)]),
        [4, .. Bytes(ExampleKeys.All[4].Key.X)],
        [4, .. Wrapped(Bytes(ExampleKeys.All[4].Key.X), asBits: true)],
        [5, .. Bytes(ExampleKeys.All[5].Key.Modulus)],
    ];

    public static IReadOnlyList<byte[]> KeySets { get; } = [.. ExampleKeys.All.Select(key => JwksDocument.Write([new JwksEntry(key.Key.Thumbprint(), key.Algorithm, key.Key)]))];

    public static byte[] Mutate(Random random, byte[] input, byte[] other) => input.Length == 0
        ? other
        : [input[0], .. Mutation.DerMutations.Mutate(random, input[1..], other[Math.Min(1, other.Length)..])];

    public static bool TakeInfo(byte[] input)
    {
        var key = Jwk.FromSubjectPublicKeyInfo(input);
        Rule.Same(input, key.ToSubjectPublicKeyInfo(), "a key has two encodings");
        Rule.Holds(key.Thumbprint().Length == 43, "a thumbprint has not its length");
        return true;
    }

    public static bool TakeCurve(byte[] input) => Curves.NameOf(input).Length > 0;

    public static bool TakePoint(byte[] input)
    {
        if (input.Length == 0)
            return false;
        var value = input.AsSpan(1);
        var info = (input[0] % 6) switch
        {
            4 => SubjectPublicKey.Ed25519(value),
            5 => SubjectPublicKey.Rsa(value, [1, 0, 1]),
            var curve => SubjectPublicKey.Ec(Names[curve], value),
        };
        Rule.Same(info, Jwk.FromSubjectPublicKeyInfo(info).ToSubjectPublicKeyInfo(), "a token's key is encoded otherwise than it is published");
        return true;
    }

    public static bool TakeKeySet(byte[] input)
    {
        using var keys = new CheckpointKeys();
        keys.Add(input);
        keys.TryVerify(Encoding.UTF8.GetString(input), out _);
        return true;
    }

    private static byte[] Point(Jwk key) => [4, .. Bytes(key.X), .. Bytes(key.Y)];

    private static byte[] Bytes(string? member) => Base64Url.DecodeFromChars(member);

    private static byte[] Wrapped(byte[] content, bool asBits)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        if (asBits)
            writer.WriteBitString(content);
        else
            writer.WriteOctetString(content);
        return writer.Encode();
    }
}
