using System.Text;
using KeyService.Core.Keys;
using KeyService.Core.Storage;
using KeyService.Storage.Crash;

namespace KeyService.Storage.Tests;

/// <summary>What every <see cref="IKeySetStore"/> must do. A store's tests derive from it and say how to open one.</summary>
public abstract partial class KeySetStoreConformance : IAsyncLifetime
{
    private readonly List<IKeySetStore> _opened = [];

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _opened)
            await store.DisposeAsync();
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Finds_nothing_where_nothing_was_saved()
    {
        var store = await OpenAsync();
        Assert.Null(await store.FindAsync("orders", Token));
    }

    [Fact]
    public async Task Gives_back_what_was_saved()
    {
        var store = await OpenAsync();
        var saved = A.KeySet("orders", "first");
        Assert.True(await store.TrySaveAsync(saved, Token));
        await AssertStoredAsync(store, saved);
    }

    [Fact]
    public async Task Keeps_what_was_saved_when_it_is_opened_again()
    {
        var first = NewStore();
        await first.PrepareAsync(Token);
        var saved = A.KeySet("orders");
        await first.TrySaveAsync(saved, Token);
        await first.DisposeAsync();
        await AssertStoredAsync(await OpenAsync(), saved);
    }

    [Fact]
    public async Task Shows_a_save_to_every_replica_at_once()
    {
        var (one, other) = (await OpenAsync(), await OpenAsync());
        var saved = A.KeySet("orders");
        await one.TrySaveAsync(saved, Token);
        await AssertStoredAsync(other, saved);
        Assert.True(await other.TrySaveAsync(saved.Next("from the other"), Token));
        await AssertStoredAsync(one, saved.Next("from the other"));
    }

    [Fact]
    public async Task Refuses_a_save_made_from_an_old_revision()
    {
        var store = await OpenAsync();
        var first = A.KeySet("orders");
        var second = first.Next("second");
        await store.TrySaveAsync(first, Token);
        await store.TrySaveAsync(second, Token);
        Assert.False(await store.TrySaveAsync(first.Next("late"), Token));
        Assert.False(await store.TrySaveAsync(A.KeySet("orders", "a new one"), Token));
        await AssertStoredAsync(store, second);
    }

    [Fact]
    public async Task Refuses_a_save_that_skips_a_revision()
    {
        var store = await OpenAsync();
        var first = A.KeySet("orders");
        await store.TrySaveAsync(first, Token);
        Assert.False(await store.TrySaveAsync(first.Next().Next(), Token));
        await AssertStoredAsync(store, first);
    }

    [Fact]
    public async Task Refuses_a_later_revision_of_a_set_that_is_not_there()
    {
        var store = await OpenAsync();
        Assert.False(await store.TrySaveAsync(A.KeySet("orders").Next(), Token));
        Assert.Null(await store.FindAsync("orders", Token));
    }

    [Fact]
    public async Task Refuses_a_key_set_without_revision()
    {
        var store = await OpenAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.TrySaveAsync(A.KeySet("orders") with { Revision = 0 }, Token));
        Assert.Null(await store.FindAsync("orders", Token));
    }

    [Fact]
    public async Task Removes_only_the_revision_that_was_meant()
    {
        var store = await OpenAsync();
        var first = A.KeySet("orders");
        var second = first.Next("second");
        await store.TrySaveAsync(first, Token);
        await store.TrySaveAsync(second, Token);
        Assert.False(await store.TryRemoveAsync("orders", 1, Token));
        Assert.False(await store.TryRemoveAsync("orders", 3, Token));
        Assert.False(await store.TryRemoveAsync("invoices", 2, Token));
        await AssertStoredAsync(store, second);
        Assert.True(await store.TryRemoveAsync("orders", 2, Token));
        Assert.Null(await store.FindAsync("orders", Token));
        Assert.False(await store.TryRemoveAsync("orders", 2, Token));
    }

    [Fact]
    public async Task Lets_a_removed_name_be_used_again()
    {
        var store = await OpenAsync();
        await store.TrySaveAsync(A.KeySet("orders", "the old one"), Token);
        await store.TryRemoveAsync("orders", 1, Token);
        var again = A.KeySet("orders", "the new one") with { Created = A.Noon.AddDays(1) };
        Assert.True(await store.TrySaveAsync(again, Token));
        await AssertStoredAsync(store, again);
        Assert.True(await store.TrySaveAsync(again.Next(), Token));
    }

    [Fact]
    public async Task Refuses_to_continue_a_removed_set()
    {
        var store = await OpenAsync();
        var old = A.KeySet("orders");
        await store.TrySaveAsync(old, Token);
        await store.TryRemoveAsync("orders", 1, Token);
        Assert.False(await store.TrySaveAsync(old.Next(), Token));
        Assert.Null(await store.FindAsync("orders", Token));
    }

    [Fact]
    public async Task Refuses_to_continue_a_removed_set_in_its_namesake()
    {
        var store = await OpenAsync();
        var old = A.KeySet("orders", "the old one");
        await store.TrySaveAsync(old, Token);
        await store.TryRemoveAsync("orders", 1, Token);
        var namesake = A.KeySet("orders", "the new one") with { Created = A.Noon.AddTicks(1) };
        await store.TrySaveAsync(namesake, Token);
        Assert.False(await store.TrySaveAsync(old.Next("by a replica that missed the removal"), Token));
        await AssertStoredAsync(store, namesake);
    }

    [Fact]
    public async Task Tells_names_apart_to_the_letter()
    {
        var store = await OpenAsync();
        foreach (var name in new[] { "orders", "Orders", "orders ", "órders", "o%", "o_" })
            Assert.True(await store.TrySaveAsync(A.KeySet(name), Token));
        Assert.Equal("Orders", (await store.FindAsync("Orders", Token))?.Name);
        Assert.Null(await store.FindAsync("ORDERS", Token));
    }

    [Fact]
    public async Task Keeps_every_character_of_a_reason()
    {
        var store = await OpenAsync();
        var saved = A.KeySet("orders", "κλειδί 鍵 🔑 \u0000 \u001f \u2028 \"'\\ <&> ́e\r\n\t\uFEFF\uFFFF");
        await store.TrySaveAsync(saved, Token);
        Assert.Equal(saved.Keys[0].Reason, (await store.FindAsync("orders", Token))?.Keys[0].Reason);
    }

    [Fact]
    public async Task Keeps_a_document_of_a_megabyte()
    {
        var store = await OpenAsync();
        var saved = A.KeySet("orders") with { Keys = [.. Enumerable.Range(0, 2000).Select(i => A.Key($"orders/{i}", new string('x', 300)))] };
        Assert.True(KeySetDocument.Write(saved).Length > 1024 * 1024);
        Assert.True(await store.TrySaveAsync(saved, Token));
        await AssertStoredAsync(store, saved);
    }

    [Fact]
    public async Task Hears_a_cancellation()
    {
        var store = await OpenAsync();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.FindAsync("orders", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.ReadChangesAsync(0, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.TrySaveAsync(A.KeySet("orders"), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.TryRemoveAsync("orders", 1, cancelled));
        Assert.Null(await store.FindAsync("orders", Token));
    }

    [Fact]
    public async Task Refuses_work_once_disposed()
    {
        var store = NewStore();
        await store.PrepareAsync(Token);
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.FindAsync("orders", Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.TrySaveAsync(A.KeySet("orders"), Token));
        await store.DisposeAsync();
    }

    /// <summary>Opens, without preparing it, a store over the place of this test: like one more replica each time.</summary>
    protected abstract IKeySetStore NewStore();

    /// <summary>Overwrites the stored document of a key set with bytes that nobody can read.</summary>
    protected abstract Task DamageAsync(string name);

    /// <summary>Removes the place of this test; all stores over it are disposed by then.</summary>
    protected abstract ValueTask RemoveAsync();

    protected async Task<IKeySetStore> OpenAsync()
    {
        var store = NewStore();
        _opened.Add(store);
        await store.PrepareAsync(Token);
        return store;
    }

    protected static async Task AssertStoredAsync(IKeySetStore store, KeySet expected)
    {
        var found = await store.FindAsync(expected.Name, Token);
        Assert.NotNull(found);
        AssertSame(expected, found);
    }

    /// <summary>By their documents: the arrays of a key set are not compared by content.</summary>
    protected static void AssertSame(KeySet expected, KeySet actual) =>
        Assert.Equal(Encoding.UTF8.GetString(KeySetDocument.Write(expected)), Encoding.UTF8.GetString(KeySetDocument.Write(actual)));
}
