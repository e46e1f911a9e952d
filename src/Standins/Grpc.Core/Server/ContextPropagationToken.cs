namespace Grpc.Core;

/// <summary>Present because <see cref="ServerCallContext"/> and <see cref="CallOptions"/> name it.</summary>
public abstract class ContextPropagationToken
{
    private protected ContextPropagationToken()
    {
    }
}
