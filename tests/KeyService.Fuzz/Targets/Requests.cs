using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using KeyService.Core;
using KeyService.Core.Storage;
using KeyService.Fuzz.Mutation;
using KeyService.Protos.V1;
using KeyService.Server.Api;
using KeyService.Server.Catalog;
using KeyService.Server.Guard;
using KeyService.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Fuzz.Targets;

/// <summary>Requests in protobuf, with the checks of their fields that the services make. The first byte says which request it is.</summary>
internal static class Requests
{
    private const int MaxClaimsBytes = 64 << 10;
    private const string Kid = "xKuigzyt_oiJ7THyzgYasuN1OvmJ7KXYHM65eVWC1Jc";
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly KeySetSpec Spec = new()
    {
        Issuer = "https://id.example.com/a",
        Signers = { new Signer { Algorithm = "ES256", Provider = "hsm" }, new Signer { Algorithm = "RS256", Provider = "hsm", ModulusBits = 3072 } },
        Propagation = Duration.FromTimeSpan(TimeSpan.FromMinutes(10)),
        MaxTokenLifetime = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
        RotationPeriod = Duration.FromTimeSpan(TimeSpan.FromDays(30)),
        Retention = Duration.FromTimeSpan(TimeSpan.FromDays(7)),
        ClockSkew = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)),
        LegacyEddsaName = true,
    };

    private static readonly SpecReading Specs = new(new KeyProviders(
        [new GuardedKeyProvider(new SoftwareKeyProvider("hsm", new CrashPoints()), new GuardOptions(), new GuardMetrics(), NullLogger<GuardedKeyProvider>.Instance, TimeProvider.System)]));

    /// <summary>One of each kind.</summary>
    public static IReadOnlyList<IMessage> Messages { get; } =
    [
        new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8("some bytes"), Algorithm = "ES256", Kid = Kid },
        new SignJwtRequest { KeySet = "tenant-a", ClaimsJson = "{\"sub\":\"user-7\",\"exp\":1893456000}", Typ = "at+jwt", Algorithm = "RS256" },
        new SignBatchRequest { KeySet = "default", Items = { new SignBatchItem { Digest = ByteString.CopyFrom(new byte[32]) }, new SignBatchItem { Message = ByteString.CopyFromUtf8("é"), Kid = Kid } } },
        new CreateKeySetRequest { KeySet = "tenant-b", Spec = Spec, RequestId = "7f3c" },
        new UpdateKeySetRequest { KeySet = "tenant-b", Spec = new KeySetSpec { Issuer = "https://id.example.com/b" }, UpdateMask = new FieldMask { Paths = { "issuer", "rotation_period" } }, Revision = 3 },
        new RotateRequest { KeySet = "default", Emergency = true, Reason = "leak of a backup", RequestId = "r-1" },
        new RevokeKeyRequest { KeySet = "default", Kid = Kid, Reason = "stolen" },
    ];

    public static IReadOnlyList<byte[]> Examples { get; } = [.. Messages.Select((message, kind) => (byte[])[(byte)kind, .. message.ToByteArray()])];

    public static byte[] Mutate(Random random, byte[] input, byte[] other) => input.Length == 0
        ? other
        : [input[0], .. ProtobufMutations.Mutate(random, input[1..], other[Math.Min(1, other.Length)..])];

    public static bool Take(byte[] input)
    {
        if (input.Length == 0)
            return false;
        var message = Frames.Read(Messages[input[0] % Messages.Count].Descriptor.Parser, input.AsSpan(1));
        Rule.Holds(message.Equals(message.Descriptor.Parser.ParseFrom(message.ToByteArray())), "a request is another one after it was written");
        Check(message);
        return true;
    }

    /// <summary>As the services check it.</summary>
    /// <exception cref="KeyServiceException">InvalidArgument.</exception>
    public static void Check(IMessage message)
    {
        switch (message)
        {
            case SignRequest sign:
                CheckSigning(sign.KeySet, sign.Algorithm, sign.Kid);
                break;
            case SignJwtRequest jwt:
                CheckSigning(jwt.KeySet, jwt.Algorithm, jwt.Kid);
                Rule.Holds(RequestRules.Claims(jwt.ClaimsJson, MaxClaimsBytes).Length is > 0 and <= MaxClaimsBytes, "claims are longer than their limit");
                break;
            case SignBatchRequest batch:
                RequestRules.KeySet(batch.KeySet);
                foreach (var item in batch.Items)
                    CheckSigning("x", item.Algorithm, item.Kid);
                break;
            case CreateKeySetRequest create:
                RequestRules.RequestId(create.RequestId);
                CheckStored(Specs.NewKeySet(create.KeySet, create.Spec, Noon));
                break;
            case UpdateKeySetRequest update:
                CheckStored(Specs.Update(Specs.NewKeySet(RequestRules.KeySet(update.KeySet), Spec, Noon), update.Spec, update.UpdateMask));
                break;
            case RotateRequest rotate:
                RequestRules.KeySet(rotate.KeySet);
                RequestRules.RequestId(rotate.RequestId);
                RequestRules.Reason(rotate.Reason);
                break;
            case RevokeKeyRequest revoke:
                RequestRules.KeySet(revoke.KeySet);
                RequestRules.RequiredKid(revoke.Kid);
                RequestRules.Reason(revoke.Reason);
                break;
        }
    }

    private static void CheckSigning(string keySet, string algorithm, string kid)
    {
        RequestRules.KeySet(keySet);
        RequestRules.Algorithm(algorithm, "algorithm");
        RequestRules.Kid(kid);
    }

    /// <summary>What a caller may ask for can be saved, and published.</summary>
    private static void CheckStored(Core.Keys.KeySet keySet)
    {
        var saved = KeySetDocument.Write(keySet with { Revision = 1 });
        Rule.Same(saved, KeySetDocument.Write(KeySetDocument.Read(keySet.Name, saved)), "a key set is another one after it was saved");
        ProtoMapping.KeySetOf(keySet, Noon);
    }
}
