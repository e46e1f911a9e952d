using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using KeyService.Protos.V1;

namespace KeyService.Server.Tests.BadInput;

/// <summary>Bad requests to the KeySetService and the JwksService.</summary>
internal static class KeySetCases
{
    private static readonly string StrangerKid = new('A', 43); // well-formed, and nobody's

    public static IEnumerable<(string Name, ApiCase Case)> All => [.. Readings, .. Rotations, .. Signers, .. Issuers, .. Durations, .. Updates];

    private static IEnumerable<(string, ApiCase)> Readings =>
    [
        ("JWKS of an absent set", Absent("GetJwks", new GetJwksRequest { KeySet = "absent" })),
        ("JWKS of a bad name", new ApiCase("GetJwks", new GetJwksRequest { KeySet = "Default" }, "key_set")),
        ("an absent set", Absent("GetKeySet", new GetKeySetRequest { KeySet = "absent" })),
        ("a set of a bad name", new ApiCase("GetKeySet", new GetKeySetRequest { KeySet = "_default" }, "key_set")),
        ("page of -1", new ApiCase("ListKeySets", new ListKeySetsRequest { PageSize = -1 }, "page_size")),
        ("page of 1001", new ApiCase("ListKeySets", new ListKeySetsRequest { PageSize = 1001 }, "page_size")),
        ("page token that is no base64", new ApiCase("ListKeySets", new ListKeySetsRequest { PageToken = "!!!!" }, "page_token")),
        ("page token of an odd length", new ApiCase("ListKeySets", new ListKeySetsRequest { PageToken = "A" }, "page_token")),
        ("page token that names nothing", new ApiCase("ListKeySets", new ListKeySetsRequest { PageToken = "Li4v" }, "page_token")), // ../
        ("page token that is no UTF-8", new ApiCase("ListKeySets", new ListKeySetsRequest { PageToken = "_____w" }, "page_token")),
        ("page token of a thousand characters", new ApiCase("ListKeySets", new ListKeySetsRequest { PageToken = new string('A', 1000) }, "page_token")),
        ("page token of 65 bytes", new ApiCase("ListKeySets", new ListKeySetsRequest { PageToken = new string('A', 87) }, "page_token")),
    ];

    private static IEnumerable<(string, ApiCase)> Rotations =>
    [
        ("rotation of an absent set", Absent("Rotate", new RotateRequest { KeySet = "absent" })),
        ("rotation of a bad name", new ApiCase("Rotate", new RotateRequest { KeySet = "DEFAULT" }, "key_set")),
        ("request id with a blank", new ApiCase("Rotate", new RotateRequest { KeySet = "default", RequestId = "a b" }, "request_id")),
        ("request id with a line break", new ApiCase("Rotate", new RotateRequest { KeySet = "default", RequestId = "a\n" }, "request_id")),
        ("request id that is not ASCII", new ApiCase("Rotate", new RotateRequest { KeySet = "default", RequestId = "é" }, "request_id")),
        ("request id of 129 characters", new ApiCase("Rotate", new RotateRequest { KeySet = "default", RequestId = new string('a', 129) }, "request_id")),
        ("reason of 257 characters", new ApiCase("Rotate", new RotateRequest { KeySet = "default", Reason = new string('a', 257) }, "reason")),
        ("reason with a line break", new ApiCase("Rotate", new RotateRequest { KeySet = "default", Reason = "a\nINFO forged" }, "reason")),
        ("reason with an escape", new ApiCase("Rotate", new RotateRequest { KeySet = "default", Reason = "\u001b[2J" }, "reason")),
        ("revocation of an absent set", Absent("RevokeKey", new RevokeKeyRequest { KeySet = "absent", Kid = StrangerKid })),
        ("revocation of an absent key", new ApiCase("RevokeKey", new RevokeKeyRequest { KeySet = "default", Kid = StrangerKid }, "kid", "KEY_NOT_FOUND", StatusCode.NotFound)),
        ("revocation of a short kid", new ApiCase("RevokeKey", new RevokeKeyRequest { KeySet = "default", Kid = "abc" }, "kid")),
        ("revocation of no kid", new ApiCase("RevokeKey", new RevokeKeyRequest { KeySet = "default" }, "kid") { GrpcOnly = true }),
        ("revocation with a long reason", new ApiCase("RevokeKey", new RevokeKeyRequest { KeySet = "default", Kid = StrangerKid, Reason = new string('a', 257) }, "reason")),
    ];

    private static IEnumerable<(string, ApiCase)> Signers =>
    [
        ("name of a new set in upper case", new ApiCase("CreateKeySet", new CreateKeySetRequest { KeySet = "New", Spec = Spec(Es256()) }, "key_set")),
        ("new set without a name", new ApiCase("CreateKeySet", new CreateKeySetRequest { Spec = Spec(Es256()) }, "key_set")),
        ("name of a new set that is taken", new ApiCase(
            "CreateKeySet", new CreateKeySetRequest { KeySet = "default", Spec = Spec(Es256()) }, "key_set", "KEY_SET_EXISTS", StatusCode.AlreadyExists)),
        ("new set with a bad request id", new ApiCase("CreateKeySet", new CreateKeySetRequest { KeySet = "new", Spec = Spec(Es256()), RequestId = " " }, "request_id")),
        ("no spec", new ApiCase("CreateKeySet", new CreateKeySetRequest { KeySet = "new" }, "spec")),
        ("no signers", New(new KeySetSpec(), "spec.signers")),
        ("signer without algorithm", New(Spec(new Signer()), "spec.signers[0].algorithm")),
        ("second signer without algorithm", New(Spec(Es256(), new Signer { Provider = "softhsm" }), "spec.signers[1].algorithm")),
        ("signer of HS256", New(Spec(new Signer { Algorithm = "HS256" }), "spec.signers[0].algorithm")),
        ("signer of none", New(Spec(new Signer { Algorithm = "none" }), "spec.signers[0].algorithm")),
        ("signer in lower case", New(Spec(new Signer { Algorithm = "rs256" }), "spec.signers[0].algorithm")),
        ("signer of an unknown provider", New(Spec(new Signer { Algorithm = "ES256", Provider = "nowhere" }), "spec.signers[0].provider")),
        ("signer of a provider with a line break", New(Spec(new Signer { Algorithm = "ES256", Provider = "softhsm\r\n" }), "spec.signers[0].provider")),
        ("RSA of 1024 bits", New(Spec(new Signer { Algorithm = "RS256", ModulusBits = 1024 }), "spec.signers")),
        ("RSA of 2049 bits", New(Spec(new Signer { Algorithm = "PS256", ModulusBits = 2049 }), "spec.signers")),
        ("RSA of -1 bits", New(Spec(new Signer { Algorithm = "RS256", ModulusBits = -1 }), "spec.signers")),
        ("modulus for ES256", New(Spec(new Signer { Algorithm = "ES256", ModulusBits = 2048 }), "spec.signers")),
        ("two equal signers", New(Spec(Es256(), Es256()), "spec.signers")),
        ("nine signers", New(Spec([.. Enumerable.Repeat(Es256(), 9)]), "spec.signers")),
    ];

    private static IEnumerable<(string, ApiCase)> Issuers =>
    [
        ("issuer without TLS", Issued("http://issuer.example")),
        ("issuer with a query", Issued("https://issuer.example/?a=1")),
        ("issuer with a fragment", Issued("https://issuer.example/#a")),
        ("issuer with a password", Issued("https://user:secret@issuer.example/")),
        ("issuer that is relative", Issued("/tenant")),
        ("issuer of another scheme", Issued("file:///etc/passwd")),
        ("issuer that is no URL", Issued("issuer")),
        ("issuer with a blank before", Issued(" https://issuer.example")),
        ("issuer with a line break", Issued("https://issuer.example\r\nX-A: 1")),
        ("issuer with a line break at its end", Issued("https://issuer.example/\n")),
        ("issuer with a tab", Issued("https://issuer.example/\ta")),
        ("issuer with a quote", Issued("https://issuer.example/\"")),
        ("issuer of 513 characters", Issued("https://issuer.example/" + new string('a', 490))),
    ];

    private static IEnumerable<(string, ApiCase)> Durations =>
    [
        ("propagation below 0", Lasting(spec => spec.Propagation = Seconds(-1), "spec.propagation")),
        ("propagation over 30 days", Lasting(spec => spec.Propagation = Seconds(2_592_001), "spec.propagation")),
        ("propagation over 30 days by a nanosecond", Lasting(spec => spec.Propagation = new Duration { Seconds = 2_592_000, Nanos = 100 }, "spec.propagation")),
        ("propagation with a sign too many", Lasting(spec => spec.Propagation = new Duration { Seconds = 1, Nanos = -1 }, "spec.propagation") with { GrpcOnly = true }),
        ("propagation with a billion nanoseconds", Lasting(spec => spec.Propagation = new Duration { Nanos = 1_000_000_000 }, "spec.propagation") with { GrpcOnly = true }),
        ("propagation beyond all seconds", Lasting(spec => spec.Propagation = Seconds(long.MaxValue), "spec.propagation") with { GrpcOnly = true }),
        ("token lifetime 0", Lasting(spec => spec.MaxTokenLifetime = Seconds(0), "spec.max_token_lifetime")),
        ("token lifetime over 400 days", Lasting(spec => spec.MaxTokenLifetime = Seconds(34_560_001), "spec.max_token_lifetime")),
        ("rotation period 0", Lasting(spec => spec.RotationPeriod = Seconds(0), "spec.rotation_period")),
        ("rotation period not over the propagation", Lasting(spec => (spec.Propagation, spec.RotationPeriod) = (Seconds(60), Seconds(60)), "spec.rotation_period")),
        ("retention below 0", Lasting(spec => spec.Retention = Seconds(-5), "spec.retention")),
        ("retention over 10 years", Lasting(spec => spec.Retention = Seconds(315_360_001), "spec.retention")),
        ("clock skew over an hour", Lasting(spec => spec.ClockSkew = Seconds(3601), "spec.clock_skew")),
    ];

    private static IEnumerable<(string, ApiCase)> Updates =>
    [
        ("update of an absent set", Absent("UpdateKeySet", new UpdateKeySetRequest { KeySet = "absent", Spec = new KeySetSpec { Retention = Seconds(1) } })),
        ("update of a bad name", new ApiCase("UpdateKeySet", new UpdateKeySetRequest { KeySet = "Default", Spec = new KeySetSpec { Retention = Seconds(1) } }, "key_set")),
        ("update of nothing", Update(new UpdateKeySetRequest { Spec = new KeySetSpec() }, "spec")),
        ("update without spec", Update(new UpdateKeySetRequest(), "spec")),
        ("update of an unknown member", Update(Masked("nonsense"), "update_mask")),
        ("update of a member with its path", Update(Masked("spec.propagation"), "update_mask")),
        ("update of everything", Update(Masked("*"), "update_mask") with { GrpcOnly = true }),
        ("update that takes the signers away", Update(Masked("signers"), "spec.signers")),
        ("update to an unknown provider", Update(new UpdateKeySetRequest { Spec = Spec(new Signer { Algorithm = "ES256", Provider = "nowhere" }) }, "spec.signers[0].provider")),
        ("update from another revision", Update(
            new UpdateKeySetRequest { Spec = new KeySetSpec { Retention = Seconds(1) }, Revision = 999 }, "revision", "CONCURRENT_CHANGE", StatusCode.Aborted)),
        ("update from an impossible revision", Update(new UpdateKeySetRequest { Spec = new KeySetSpec { Retention = Seconds(1) }, Revision = ulong.MaxValue }, "revision")),
        ("deletion of an absent set", Absent("DeleteKeySet", new DeleteKeySetRequest { KeySet = "absent" })),
        ("deletion from another revision", new ApiCase(
            "DeleteKeySet", new DeleteKeySetRequest { KeySet = "default", Revision = 999 }, "revision", "CONCURRENT_CHANGE", StatusCode.Aborted)),
        ("deletion from an impossible revision", new ApiCase("DeleteKeySet", new DeleteKeySetRequest { KeySet = "default", Revision = ulong.MaxValue }, "revision")),
    ];

    private static ApiCase Absent(string rpc, Google.Protobuf.IMessage request) => new(rpc, request, "key_set", "KEY_SET_NOT_FOUND", StatusCode.NotFound);

    private static ApiCase New(KeySetSpec spec, string field) => new("CreateKeySet", new CreateKeySetRequest { KeySet = "new", Spec = spec }, field);

    private static ApiCase Issued(string issuer) => New(new KeySetSpec { Issuer = issuer, Signers = { Es256() } }, "spec.issuer");

    private static ApiCase Lasting(Action<KeySetSpec> change, string field)
    {
        var spec = Spec(Es256());
        change(spec);
        return New(spec, field);
    }

    private static ApiCase Update(UpdateKeySetRequest request, string field, string reason = "INVALID_ARGUMENT", StatusCode code = StatusCode.InvalidArgument)
    {
        request.KeySet = "default";
        return new ApiCase("UpdateKeySet", request, field, reason, code);
    }

    private static UpdateKeySetRequest Masked(string path) => new() { Spec = new KeySetSpec { Retention = Seconds(1) }, UpdateMask = new FieldMask { Paths = { path } } };

    private static KeySetSpec Spec(params Signer[] signers) => new() { Signers = { signers } };

    private static Signer Es256() => new() { Algorithm = "ES256" };

    private static Duration Seconds(long seconds) => new() { Seconds = seconds };
}
