using System.Text.Json;
using Grpc.Core;
using KeyService.Core;
using KeyService.Fuzz.Mutation;
using KeyService.Server.Configuration;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

namespace KeyService.Fuzz.Targets;

/// <summary>Every parser of what comes from outside, each with the only exceptions that it may refuse an input with.</summary>
internal static class AllTargets
{
    public static IReadOnlyList<Target> All { get; } =
    [
        new("frames", ProtobufMutations.Mutate, Frames.Examples, Frames.Take, e => e is RpcException) { Repair = Frames.Repair },
        new("grpc-timeout", ByteMutations.Mutate, Headers.Timeouts, Headers.TakeTimeout, Nothing),
        new("grpc-message", ByteMutations.Mutate, Headers.Messages, Headers.TakeMessage, Nothing),
        new("metadata", ByteMutations.Mutate, Headers.Metadata, Headers.TakeMetadata, e => e is FormatException),
        new("protobuf", Requests.Mutate, Requests.Examples, Requests.Take, e => e is RpcException || IsInvalid(e)),
        new("json-body", Transcoding.Mutate, Transcoding.Bodies, Transcoding.TakeBody, e => e is RequestRefusedException || IsInvalid(e)),
        new("json-query", ByteMutations.Mutate, Transcoding.Queries, Transcoding.TakeQuery, e => e is RequestRefusedException),
        new("json-path-and-body", Transcoding.MutateWhole, Transcoding.Whole, Transcoding.TakeWhole, e => e is RequestRefusedException || IsInvalid(e)),
        new("claims", JsonMutations.Mutate, JwtClaims.Examples, JwtClaims.Take, e => e is KeyServiceException { Error: KeyServiceError.InvalidArgument or KeyServiceError.ClaimsRejected, Field: not null }),
        new("document", JsonMutations.Mutate, Documents.Examples, Documents.Take, e => e is KeyServiceException { Error: KeyServiceError.StoreUnavailable, IsTransient: false }),
        new("policy-yaml", LineMutations.Mutate, Policies.Yaml, Policies.Take, e => e is SettingsException { Problems.Count: > 0 }),
        new("policy-json", JsonMutations.Mutate, Policies.Json, Policies.Take, e => e is SettingsException { Problems.Count: > 0 }),
        new("ecdsa-der", EcdsaEncodings.Mutate, EcdsaEncodings.Der, EcdsaEncodings.TakeDer, Nothing),
        new("ecdsa-raw", ByteMutations.Mutate, EcdsaEncodings.Raw, EcdsaEncodings.TakeRaw, e => e is FormatException),
        new("public-key", DerMutations.Mutate, PublicKeys.Infos, PublicKeys.TakeInfo, e => e is FormatException),
        new("curve-parameters", DerMutations.Mutate, PublicKeys.CurveParameters, PublicKeys.TakeCurve, Nothing),
        new("token-point", PublicKeys.Mutate, PublicKeys.TokenPoints, PublicKeys.TakePoint, e => e is KeyServiceException { Error: KeyServiceError.ProviderRejected }),
        new("jwks", JsonMutations.Mutate, PublicKeys.KeySets, PublicKeys.TakeKeySet, e => e is FormatException),
        new("audit-line", JsonMutations.Mutate, AuditLog.Lines, AuditLog.TakeLine, Nothing) { Repair = AuditLog.Rehash },
        new("audit-text", ByteMutations.Mutate, AuditLog.Texts, AuditLog.TakeText, Nothing),
        new("checkpoint", JsonMutations.Mutate, AuditLog.Statements, AuditLog.TakeStatement, Nothing),
        new("checkpoint-jws", ByteMutations.Mutate, AuditLog.Checkpoints, AuditLog.TakeCheckpoint, Nothing),
        new("vault-key", JsonMutations.Mutate, Vault.Answers, Vault.TakeAnswer, e => e is JsonException or FormatException),
        new("vault-challenge", ByteMutations.Mutate, Vault.Challenges, Vault.TakeChallenge, Nothing),
    ];

    private static bool Nothing(Exception exception) => false;

    private static bool IsInvalid(Exception exception) => exception is KeyServiceException { Error: KeyServiceError.InvalidArgument };
}
