namespace Grpc.Core;

/// <summary>What of a server call its outgoing calls inherit. Present because <see cref="ServerCallContext"/> names it.</summary>
public sealed class ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
{
    public bool IsPropagateDeadline { get; } = propagateDeadline;

    public bool IsPropagateCancellation { get; } = propagateCancellation;
}
