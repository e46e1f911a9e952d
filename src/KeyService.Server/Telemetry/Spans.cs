using System.Diagnostics;
using Grpc.Core;
using KeyService.Core;
using KeyService.Server.Api;
using KeyService.Server.Guard;

namespace KeyService.Server.Telemetry;

/// <summary>
/// What traces tell: names and outcomes, never what is signed. Null, and nothing made, where nobody records: a call's own span is ASP.NET
/// Core's, which is there in any case, and without its being recorded no other one begins.
/// </summary>
internal static class Spans
{
    public const string SourceName = "KeyService";

    private const string Outcome = "keyservice.outcome";
    private const string Provider = "keyservice.provider";
    private const string KeySet = "keyservice.key_set";
    private const string Algorithm = "keyservice.algorithm";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Gives the span of the request the name of the RPC, over gRPC and as JSON alike.</summary>
    public static void NameCall(ServerCallContext context)
    {
        if (Activity.Current is not { IsAllDataRequested: true } call)
            return;
        call.DisplayName = context.Method.TrimStart('/');
        call.SetTag("rpc.system", "grpc");
    }

    public static void EndCall(StatusCode status)
    {
        if (Activity.Current is not { IsAllDataRequested: true } call)
            return;
        var name = GrpcStatus.NameOf(status);
        call.SetTag("rpc.grpc.status_code", (int)status).SetTag(Outcome, name);
        if (status is StatusCode.Internal or StatusCode.Unavailable or StatusCode.Unknown or StatusCode.DeadlineExceeded)
            call.SetStatus(ActivityStatusCode.Error, name);
    }

    /// <summary>A signature that is asked of a provider, its waits and retries included.</summary>
    public static Activity? StartSign(in SignAttempt attempt, string provider)
    {
        if (!Source.HasListeners() || Source.StartActivity("provider sign", ActivityKind.Client) is not { } span)
            return null;
        return span.SetTag(Provider, provider).SetTag(KeySet, attempt.KeySet).SetTag(Algorithm, attempt.Key.Algorithm.Name).SetTag("keyservice.kid", attempt.Key.Kid);
    }

    /// <summary>A call that makes, finds or ends keys.</summary>
    public static Activity? StartKeyCall(string act, string provider) => Source.StartActivity($"provider {act}", ActivityKind.Client)?.SetTag(Provider, provider);

    /// <summary>What the worker does in one key set by itself.</summary>
    public static Activity? StartWork(string keySet) => Source.StartActivity("work")?.SetTag(KeySet, keySet);

    /// <summary>The making of one key.</summary>
    public static Activity? StartRotation(string keySet, string provider, string algorithm) =>
        Source.StartActivity("rotate")?.SetTag(KeySet, keySet).SetTag(Provider, provider).SetTag(Algorithm, algorithm);

    public static void Succeed(this Activity? span) => span?.SetTag(Outcome, "OK");

    public static void Fail(this Activity? span, KeyServiceError error)
    {
        if (span is not null)
            span.SetTag(Outcome, GrpcStatus.ReasonOf(error)).SetStatus(ActivityStatusCode.Error, GrpcStatus.ReasonOf(error));
    }
}
