using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Core.Storage;

namespace KeyService.Fuzz.Targets;

/// <summary>The stored document of a key set.</summary>
internal static class Documents
{
    private const string Name = "default";
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<byte[]> Examples { get; } =
    [
        KeySetDocument.Write(KeySetOf([])),
        KeySetDocument.Write(KeySetOf([.. ExampleKeys.All.Take(2)])),
        KeySetDocument.Write(KeySetOf([.. ExampleKeys.All.Skip(4)])),
    ];

    public static bool Take(byte[] input)
    {
        var keySet = KeySetDocument.Read(Name, input);
        var written = KeySetDocument.Write(keySet);
        Rule.Same(written, KeySetDocument.Write(KeySetDocument.Read(Name, written)), "a document is another one after it was written");
        return true;
    }

    private static KeySet KeySetOf((SigningAlgorithm Algorithm, Jwk Key)[] keys) => new()
    {
        Name = Name,
        Revision = 7,
        Created = Noon,
        Issuer = "https://id.example.com",
        Policy = KeySetRules.Defaults with { RotationPeriod = TimeSpan.FromDays(30) },
        Signers = [new Signer(SigningAlgorithm.ES256, "hsm"), new Signer(SigningAlgorithm.RS256, "cloud", 3072)],
        Keys = [.. keys.Select(key => KeyOf(key.Algorithm, key.Key))],
        Intents = [new KeyIntent { Id = "00112233445566778899aabbccddeeff", Algorithm = SigningAlgorithm.ES256, Provider = "hsm", Created = Noon, Emergency = true, Reason = "é" }],
        Requests = [new HandledRequest("r-1", "rotate", Noon, ["00112233445566778899aabbccddeeff"])],
    };

    private static Key KeyOf(SigningAlgorithm algorithm, Jwk key) => new()
    {
        Kid = key.Thumbprint(),
        Algorithm = algorithm,
        Provider = "hsm",
        Handle = new KeyHandle("0a0b"),
        Label = "keyservice/default/00112233445566778899aabbccddeeff",
        PublicKey = key,
        Dates = new KeyDates { Created = Noon, Published = Noon, Activates = Noon.AddHours(1), Deactivates = Noon.AddDays(1), Unpublishes = Noon.AddDays(2), Destroys = Noon.AddDays(9) },
        Reason = "planned",
    };
}
