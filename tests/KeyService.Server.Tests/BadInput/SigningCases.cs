using Google.Protobuf;
using Grpc.Core;
using KeyService.Protos.V1;

namespace KeyService.Server.Tests.BadInput;

/// <summary>Bad requests to the SigningService.</summary>
internal static class SigningCases
{
    private static readonly string StrangerKid = new('A', 43); // well-formed, and nobody's

    public static IEnumerable<(string Name, ApiCase Case)> All =>
    [
        .. Inputs, .. Algorithms, .. Kids, .. Names, .. Types, .. Batches,
    ];

    private static IEnumerable<(string, ApiCase)> Inputs =>
    [
        ("no input", Sign(new SignRequest(), "message")),
        ("empty message", Sign(new SignRequest { Message = ByteString.Empty }, "message")),
        ("empty digest", Sign(new SignRequest { Digest = ByteString.Empty }, "digest")),
        ("message over 1 MiB", Sign(new SignRequest { Message = Bytes((1 << 20) + 1) }, "message")),
        ("digest over 1 MiB", Sign(new SignRequest { Digest = Bytes((1 << 20) + 1) }, "digest")),
        ("digest a byte short for ES256", Sign(new SignRequest { Digest = Bytes(31) }, "digest")),
        ("digest a byte long for ES256", Sign(new SignRequest { Digest = Bytes(33) }, "digest")),
        ("SHA-512 digest for ES256", Sign(new SignRequest { Digest = Bytes(64) }, "digest")),
        ("SHA-1 digest for RS256", Sign(new SignRequest { KeySet = "rsa", Digest = Bytes(20) }, "digest")),
        ("SHA-384 digest for RS256", Sign(new SignRequest { KeySet = "rsa", Digest = Bytes(48) }, "digest")),
        ("SHA-256 digest for ES384", Sign(new SignRequest { KeySet = "both", Algorithm = "ES384", Digest = Bytes(32) }, "digest")),
        ("digest for Ed25519", Sign(new SignRequest { KeySet = "issued", Digest = Bytes(64) }, "digest")),
    ];

    private static IEnumerable<(string, ApiCase)> Algorithms =>
    [
        ("algorithm none", WithAlgorithm("none")),
        ("algorithm HS256", WithAlgorithm("HS256")),
        ("algorithm HS512", WithAlgorithm("HS512")),
        ("algorithm in lower case", WithAlgorithm("es256")),
        ("algorithm by its older name", WithAlgorithm("EdDSA")),
        ("algorithm with a line break", WithAlgorithm("ES256\r\nX-A: 1")),
        ("algorithm with a quote", WithAlgorithm("ES256\",\"x\":\"")),
        ("algorithm with a blank", WithAlgorithm("ES256 ")),
        ("algorithm with a zero byte", WithAlgorithm("ES256\0")),
        ("algorithm of a thousand characters", WithAlgorithm(new string('E', 1000))),
        ("RS256 of an ES256 set", Sign(new SignRequest { Message = Bytes(1), Algorithm = "RS256" }, "algorithm", "ALGORITHM_NOT_OFFERED", StatusCode.FailedPrecondition)),
        ("ES256 of an RS256 set", Jwt(new SignJwtRequest { KeySet = "rsa", Algorithm = "ES256" }, "algorithm", "ALGORITHM_NOT_OFFERED", StatusCode.FailedPrecondition)),
        ("PS256 of an RS256 set", Sign(new SignRequest { KeySet = "rsa", Message = Bytes(1), Algorithm = "PS256" }, "algorithm", "ALGORITHM_NOT_OFFERED", StatusCode.FailedPrecondition)),
        ("no algorithm where there are two", Sign(new SignRequest { KeySet = "both", Message = Bytes(1) }, "algorithm")),
        ("algorithm none for a JWT", Jwt(new SignJwtRequest { Algorithm = "none" }, "algorithm")),
        ("algorithm HS256 for a JWT", Jwt(new SignJwtRequest { Algorithm = "HS256" }, "algorithm")),
    ];

    private static IEnumerable<(string, ApiCase)> Kids =>
    [
        ("kid a character short", WithKid(StrangerKid[1..])),
        ("kid a character long", WithKid(StrangerKid + "A")),
        ("kid with padding", WithKid(StrangerKid[1..] + "=")),
        ("kid in the other base64", WithKid(StrangerKid[1..] + "+")),
        ("kid with a line break", WithKid(StrangerKid[2..] + "\r\n")),
        ("kid with a quote", WithKid(StrangerKid[1..] + "\"")),
        ("kid of fullwidth letters", WithKid(new string('Ａ', 43))),
        ("kid that is not active", Sign(new SignRequest { Message = Bytes(1), Kid = StrangerKid }, "kid", "KID_NOT_ACTIVE", StatusCode.FailedPrecondition)),
        ("kid that is not active, for a JWT", Jwt(new SignJwtRequest { Kid = StrangerKid }, "kid", "KID_NOT_ACTIVE", StatusCode.FailedPrecondition)),
    ];

    private static IEnumerable<(string, ApiCase)> Names =>
    [
        ("key set that is absent", Sign(new SignRequest { KeySet = "absent", Message = Bytes(1) }, "key_set", "KEY_SET_NOT_FOUND", StatusCode.NotFound)),
        ("key set that is absent, for a JWT", Jwt(new SignJwtRequest { KeySet = "absent" }, "key_set", "KEY_SET_NOT_FOUND", StatusCode.NotFound)),
        ("key set in upper case", Named("Default")),
        ("key set that begins with a dash", Named("-default")),
        ("key set that ends with a dot", Named("default.")),
        ("key set of 64 characters", Named(new string('a', 64))),
        ("key set that is not ASCII", Named("défaut")),
        ("key set with a blank", Named("de fault")),
        ("key set with a percent encoding", Named("default%2e")),
        ("key set with a quote", Named("default\"")),
        ("key set with a line break", Named("default\r\nX-A: 1")),
        ("key set without a name", Named("") with { GrpcOnly = true }),
        ("key set with a slash", Named("a/b") with { GrpcOnly = true }),
        ("key set of two dots", Named("..") with { GrpcOnly = true }),
        ("key set that climbs", Named("../default") with { GrpcOnly = true }),
        ("key set with a zero byte", Named("default\0") with { GrpcOnly = true }),
    ];

    private static IEnumerable<(string, ApiCase)> Types =>
    [
        ("typ with a line break", Jwt(new SignJwtRequest { Typ = "JWT\r\nX-A: 1" }, "typ")),
        ("typ with a quote", Jwt(new SignJwtRequest { Typ = "JWT\",\"alg\":\"none" }, "typ")),
        ("typ with a parameter", Jwt(new SignJwtRequest { Typ = "at+jwt; a=1" }, "typ")),
        ("typ with two slashes", Jwt(new SignJwtRequest { Typ = "a/b/c" }, "typ")),
        ("typ that is blank", Jwt(new SignJwtRequest { Typ = " " }, "typ")),
        ("typ that is not ASCII", Jwt(new SignJwtRequest { Typ = "jwt…" }, "typ")),
        ("typ of 65 characters", Jwt(new SignJwtRequest { Typ = new string('a', 65) }, "typ")),
        ("kid with a quote, for a JWT", Jwt(new SignJwtRequest { Kid = StrangerKid[1..] + "\"" }, "kid")),
    ];

    private static IEnumerable<(string, ApiCase)> Batches =>
    [
        ("batch without items", new ApiCase("SignBatch", new SignBatchRequest { KeySet = "default" }, "items")),
        ("batch of 257 items", new ApiCase(
            "SignBatch", new SignBatchRequest { KeySet = "default", Items = { Enumerable.Repeat(new SignBatchItem { Message = Bytes(1) }, 257) } }, "items")),
        ("batch for a bad name", new ApiCase(
            "SignBatch", new SignBatchRequest { KeySet = "Default", Items = { new SignBatchItem { Message = Bytes(1) } } }, "key_set")),
    ];

    private static ApiCase WithAlgorithm(string algorithm) => Sign(new SignRequest { Message = Bytes(1), Algorithm = algorithm }, "algorithm");

    private static ApiCase WithKid(string kid) => Sign(new SignRequest { Message = Bytes(1), Kid = kid }, "kid");

    private static ApiCase Named(string keySet) => new("Sign", new SignRequest { KeySet = keySet, Message = Bytes(1) }, "key_set");

    private static ApiCase Sign(SignRequest request, string field, string reason = "INVALID_ARGUMENT", StatusCode code = StatusCode.InvalidArgument)
    {
        if (request.KeySet.Length == 0)
            request.KeySet = "default";
        return new ApiCase("Sign", request, field, reason, code);
    }

    private static ApiCase Jwt(SignJwtRequest request, string field, string reason = "INVALID_ARGUMENT", StatusCode code = StatusCode.InvalidArgument)
    {
        if (request.KeySet.Length == 0)
            request.KeySet = "default";
        request.ClaimsJson = ClaimsCases.Alive("{\"exp\":EXP}");
        return new ApiCase("SignJwt", request, field, reason, code);
    }

    private static ByteString Bytes(int count) => ByteString.CopyFrom(new byte[count]);
}
