using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using KeyService.Core.Audit;
using KeyService.Protos.V1;
using KeyService.Server.Api;

namespace KeyService.Server.Audit;

/// <summary>What the audit log tells of each kind of call: read off its request and its answer, so that the services need not know of it.</summary>
internal static class AuditedCall
{
    /// <summary>The RPCs that only read, of which there are no lines.</summary>
    public static readonly IReadOnlySet<Type> Readers =
        new HashSet<Type> { typeof(GetJwksRequest), typeof(WatchJwksRequest), typeof(GetKeySetRequest), typeof(ListKeySetsRequest) };

    /// <summary>The line of a call as it begins; null where the call only reads.</summary>
    public static AuditRecord? Of<TRequest>(TRequest request, in CallOrigin caller, DateTimeOffset now) => request switch
    {
        SignRequest sign => New(caller, now, "Sign", sign.KeySet, sign.Kid, sign.Algorithm),
        SignJwtRequest sign => New(caller, now, "SignJwt", sign.KeySet, sign.Kid, sign.Algorithm),
        SignBatchRequest batch => New(caller, now, "SignBatch", batch.KeySet),
        RotateRequest rotate => New(caller, now, "Rotate", rotate.KeySet, overrides: rotate.Emergency, reason: rotate.Reason),
        RevokeKeyRequest revoke => New(caller, now, "RevokeKey", revoke.KeySet, revoke.Kid, overrides: true, reason: revoke.Reason),
        CreateKeySetRequest create => New(caller, now, "CreateKeySet", create.KeySet),
        UpdateKeySetRequest update => New(caller, now, "UpdateKeySet", update.KeySet),
        DeleteKeySetRequest delete => New(caller, now, "DeleteKeySet", delete.KeySet),
        _ => null,
    };

    /// <summary>True for calls that change something, of which a line tells before they begin.</summary>
    public static bool IsChange<TRequest>(TRequest request) => request is not (SignRequest or SignJwtRequest or SignBatchRequest);

    /// <summary>The lines of a call that was answered: one, or one for each item of a batch.</summary>
    public static IEnumerable<AuditRecord> Ended<TRequest, TResponse>(AuditRecord call, TRequest request, TResponse response, DateTimeOffset now) => (request, response) switch
    {
        (SignRequest sign, SignResponse signed) =>
            [call with { Time = now, InputHash = HashOf(sign.HasMessage, sign.Message), Digest = DigestOf(sign.HasDigest, sign.Digest), Kid = signed.Kid, Algorithm = signed.Algorithm, Outcome = Outcomes.Ok }],
        (_, SignJwtResponse signed) =>
            [call with { Time = now, InputHash = HashOfInput(signed.Jwt), Kid = signed.Kid, Algorithm = signed.Algorithm, Outcome = Outcomes.Ok }],
        (SignBatchRequest batch, SignBatchResponse answer) => batch.Items.Zip(answer.Results, (item, result) => Ended(Item(call, item, now), result)),
        _ => [call with { Time = now, Outcome = Outcomes.Ok }],
    };

    /// <summary>The lines of a call that failed as a whole.</summary>
    public static IEnumerable<AuditRecord> Failed<TRequest>(AuditRecord call, TRequest request, Exception failure, DateTimeOffset now, CancellationToken cancelled)
    {
        var (outcome, error) = Outcomes.Of(failure, cancelled);
        var failed = call with { Time = now, Outcome = outcome, Error = error };
        return request switch
        {
            SignRequest sign => [failed with { InputHash = HashOf(sign.HasMessage, sign.Message), Digest = DigestOf(sign.HasDigest, sign.Digest) }],
            SignBatchRequest { Items.Count: > 0 } batch => batch.Items.Select(item => Item(failed, item, now)),
            _ => [failed],
        };
    }

    private static AuditRecord New(
        in CallOrigin caller, DateTimeOffset now, string method, string keySet, string kid = "", string algorithm = "", bool overrides = false, string reason = "") => new()
        {
            Time = now,
            Event = AuditEvent.End,
            Method = method,
            Principal = caller.Principal,
            Peer = caller.Peer,
            KeySet = keySet,
            Kid = Given(kid),
            Algorithm = Given(algorithm),
            Override = overrides,
            Reason = Given(reason),
            Trace = caller.Trace,
        };

    private static AuditRecord Ended(AuditRecord item, SignBatchResult result)
    {
        if (result.Signed is { } signed)
            return item with { Kid = signed.Kid, Algorithm = signed.Algorithm, Outcome = Outcomes.Ok };
        var info = result.Error.Details.FirstOrDefault(detail => detail.Is(ErrorInfo.Descriptor))?.Unpack<ErrorInfo>();
        return item with { Outcome = GrpcStatus.NameOf((StatusCode)result.Error.Code), Error = info?.Reason };
    }

    private static AuditRecord Item(AuditRecord call, SignBatchItem item, DateTimeOffset now) => call with
    {
        Time = now,
        Kid = Given(item.Kid),
        Algorithm = Given(item.Algorithm),
        InputHash = HashOf(item.HasMessage, item.Message),
        Digest = DigestOf(item.HasDigest, item.Digest),
    };

    private static string? HashOf(bool isGiven, ByteString message) => isGiven ? AuditFormat.HashOf(message.Span) : null;

    /// <summary>A digest is at most 64 bytes; what is longer is none, and may be a payload in the wrong field.</summary>
    private static string? DigestOf(bool isGiven, ByteString digest) => isGiven && digest.Length <= 64 ? Base64Url.EncodeToString(digest.Span) : null;

    private static string HashOfInput(string jwt)
    {
        var length = jwt.LastIndexOf('.');
        var input = ArrayPool<byte>.Shared.Rent(length);
        Encoding.ASCII.GetBytes(jwt.AsSpan(0, length), input);
        var hash = AuditFormat.HashOf(input.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(input);
        return hash;
    }

    private static string? Given(string text) => text.Length == 0 ? null : text;
}
