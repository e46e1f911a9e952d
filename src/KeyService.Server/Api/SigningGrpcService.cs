using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Protos.V1;
using KeyService.Server.Configuration;
using KeyService.Server.Guard;
using KeyService.Server.Signing;

namespace KeyService.Server.Api;

/// <summary>Sign, SignJwt and SignBatch: checks the request and hands it to the <see cref="JwsSigner"/>.</summary>
internal sealed class SigningGrpcService(JwsSigner signer, ServerSettings settings, TimeProvider time) : SigningService.SigningServiceBase
{
    /// <summary>Items of one batch that are signed at once: enough to keep a provider busy, too few to fill its queue.</summary>
    private const int BatchParallelism = 16;

    public override Task<SignResponse> Sign(SignRequest request, ServerCallContext context)
    {
        var (message, digest) = (request.HasMessage ? request.Message : null, request.HasDigest ? request.Digest : null);
        return SignAsync(RequestRules.KeySet(request.KeySet), message, digest, request.Algorithm, request.Kid, TimeLeft(context), context.CancellationToken);
    }

    public override async Task<SignJwtResponse> SignJwt(SignJwtRequest request, ServerCallContext context)
    {
        var keySet = RequestRules.KeySet(request.KeySet);
        var claims = RequestRules.Claims(request.ClaimsJson, settings.Limits.MaxClaimsBytes);
        var type = request.Typ.Length == 0 ? JwsHeader.DefaultType : request.Typ;
        var signed = await signer.SignJwtAsync(
            keySet, claims, type, RequestRules.Algorithm(request.Algorithm, "algorithm"), RequestRules.Kid(request.Kid), TimeLeft(context), context.CancellationToken);
        return new SignJwtResponse { Jwt = signed.Jwt, Kid = signed.Key.Key.Kid, Algorithm = signed.Key.Published.Name };
    }

    public override async Task<SignBatchResponse> SignBatch(SignBatchRequest request, ServerCallContext context)
    {
        var keySet = RequestRules.KeySet(request.KeySet);
        if (request.Items.Count == 0 || request.Items.Count > settings.Limits.MaxBatchItems)
            throw KeyServiceException.Invalid("items", $"A batch has 1 to {settings.Limits.MaxBatchItems} items, not {request.Items.Count}.");

        var cancellationToken = context.CancellationToken;
        var signing = new Task<SignBatchResult>[request.Items.Count];
        for (var i = 0; i < signing.Length; i++)
        {
            if (i >= BatchParallelism)
                await ((Task)signing[i - BatchParallelism]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // its failure is thrown below, when none is under way
            signing[i] = cancellationToken.IsCancellationRequested
                ? Task.FromCanceled<SignBatchResult>(cancellationToken)
                : SignItemAsync(keySet, request.Items[i], i, TimeLeft(context), cancellationToken);
        }

        return new SignBatchResponse { Results = { await Task.WhenAll(signing) } };
    }

    private TimeSpan TimeLeft(ServerCallContext context) => context.Deadline == DateTime.MaxValue
        ? SignAttempt.Patience
        : context.Deadline - time.GetUtcNow().UtcDateTime;

    private async Task<SignBatchResult> SignItemAsync(string keySet, SignBatchItem item, int index, TimeSpan timeLeft, CancellationToken cancellationToken)
    {
        try
        {
            var (message, digest) = (item.HasMessage ? item.Message : null, item.HasDigest ? item.Digest : null);
            return new SignBatchResult { Signed = await SignAsync(keySet, message, digest, item.Algorithm, item.Kid, timeLeft, cancellationToken) };
        }
        catch (KeyServiceException failure)
        {
            var field = failure.Field is null ? null : $"items[{index}].{failure.Field}";
            return new SignBatchResult { Error = GrpcStatus.Describe(failure, field) };
        }
    }

    private Task<SignResponse> SignAsync(
        string keySet, ByteString? message, ByteString? digest, string algorithm, string kid, TimeSpan timeLeft, CancellationToken cancellationToken)
    {
        if ((message ?? digest) is not { } bytes)
            throw KeyServiceException.Invalid("message", "Either message or digest must be given.");
        var field = message is null ? "digest" : "message";
        if (bytes.IsEmpty)
            throw KeyServiceException.Invalid(field, $"The {field} is empty: there is nothing to sign.");
        if (bytes.Length > settings.Limits.MaxMessageBytes)
            throw KeyServiceException.Invalid(field, $"The {field} is longer than {settings.Limits.MaxMessageBytes} bytes; hash it and send the digest.");

        return AnswerAsync(signer.SignAsync(
            keySet,
            new SignerInput(bytes.Memory, IsDigest: message is null),
            RequestRules.Algorithm(algorithm, "algorithm"),
            RequestRules.Kid(kid),
            timeLeft,
            cancellationToken)).AsTask();
    }

    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    private static async ValueTask<SignResponse> AnswerAsync(ValueTask<SignedBytes> signing)
    {
        var signed = await signing;
        return new SignResponse
        {
            Signature = UnsafeByteOperations.UnsafeWrap(signed.Signature), // nobody else holds the array
            Kid = signed.Key.Key.Kid,
            Algorithm = signed.Key.Published.Name,
        };
    }
}
