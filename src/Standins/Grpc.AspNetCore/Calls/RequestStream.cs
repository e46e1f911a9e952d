using Grpc.Core;
using KeyService.Standins.Wire;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The requests of a streaming call.</summary>
internal sealed class RequestStream<T>(MessageReader<T> reader) : IAsyncStreamReader<T>
    where T : class
{
    private T? _current;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message: call MoveNext first.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        _current = await reader.ReadNextAsync(cancellationToken);
        return _current is not null;
    }
}
