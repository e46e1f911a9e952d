namespace Grpc.Core;

/// <summary>A connection, or several, to one target.</summary>
public abstract class ChannelBase
{
    private readonly string _target;

    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        _target = target;
    }

    public string Target => _target;

    public abstract CallInvoker CreateCallInvoker();

    public Task ShutdownAsync() => ShutdownAsyncCore();

    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
