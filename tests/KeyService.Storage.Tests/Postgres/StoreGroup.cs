using System.Collections;
using KeyService.Storage.Postgres;

namespace KeyService.Storage.Tests.Postgres;

/// <summary>Replicas' stores over one place, not yet prepared.</summary>
internal sealed class StoreGroup(int count, string place) : IReadOnlyList<PostgresKeySetStore>, IAsyncDisposable
{
    private readonly PostgresKeySetStore[] _stores = [.. Enumerable.Range(0, count).Select(_ => SharedPostgres.Open(place))];

    public int Count => count;

    public PostgresKeySetStore this[int index] => _stores[index];

    public IEnumerator<PostgresKeySetStore> GetEnumerator() => _stores.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
    }
}
