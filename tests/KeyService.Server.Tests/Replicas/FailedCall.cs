using KeyService.Server.Tests.Client;
using KeyService.Server.Tests.Rotation;

namespace KeyService.Server.Tests.Replicas;

/// <summary>A call that failed, at which server and when.</summary>
internal sealed record FailedCall(string Call, ServerProcess Server, DateTimeOffset Began, DateTimeOffset Ended, Refusal Refusal)
{
    public bool IsRotation => Call.StartsWith("Rotate", StringComparison.Ordinal);

    public override string ToString() => $"{Call} from {Began:O} to {Ended:O} at {Server.Http.BaseAddress}: {Refusal.Code} {Refusal.Reason} {Refusal.Message}";
}
