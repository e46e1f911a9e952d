using KeyService.Core;
using KeyService.Core.Storage;
using KeyService.Storage.Crash;

namespace KeyService.Storage.Tests;

// The feed of changes.
public abstract partial class KeySetStoreConformance
{
    [Fact]
    public async Task An_empty_store_has_no_changes()
    {
        var store = await OpenAsync();
        var changes = await store.ReadChangesAsync(0, Token);
        Assert.Empty(changes.Saved);
        Assert.Empty(changes.Removed);
        Assert.Equal(changes.Position, (await store.ReadChangesAsync(changes.Position, Token)).Position);
    }

    [Fact]
    public async Task Changes_from_the_beginning_are_all_that_is_stored()
    {
        var store = await OpenAsync();
        for (var i = 0; i < 300; i++)
            await store.TrySaveAsync(A.KeySet($"set-{i}"), Token);
        await store.TryRemoveAsync("set-7", 1, Token);
        var changes = await store.ReadChangesAsync(0, Token);
        Assert.Equal(
            Enumerable.Range(0, 300).Where(i => i != 7).Select(i => $"set-{i}").Order(),
            changes.Saved.Select(keySet => keySet.Name).Order());
    }

    [Fact]
    public async Task Changes_since_a_position_are_those_made_after_it()
    {
        var store = await OpenAsync();
        await store.TrySaveAsync(A.KeySet("orders"), Token);
        await store.TrySaveAsync(A.KeySet("invoices"), Token);
        await store.TrySaveAsync(A.KeySet("old"), Token);
        var before = await store.ReadChangesAsync(0, Token);

        var second = A.KeySet("orders").Next("second");
        var third = second.Next("third");
        await store.TrySaveAsync(second, Token);
        await store.TrySaveAsync(third, Token);
        await store.TryRemoveAsync("old", 1, Token);
        var changes = await store.ReadChangesAsync(before.Position, Token);
        Assert.True(changes.Position > before.Position);
        AssertSame(third, Assert.Single(changes.Saved)); // the latest version alone
        Assert.Equal(["old"], changes.Removed);

        var after = await store.ReadChangesAsync(changes.Position, Token);
        Assert.Empty(after.Saved);
        Assert.Empty(after.Removed);
    }

    [Fact]
    public async Task A_set_that_was_made_again_is_saved_and_not_removed()
    {
        var store = await OpenAsync();
        await store.TrySaveAsync(A.KeySet("orders"), Token);
        var before = await store.ReadChangesAsync(0, Token);
        await store.TryRemoveAsync("orders", 1, Token);
        var again = A.KeySet("orders", "again") with { Created = A.Noon.AddDays(1) };
        await store.TrySaveAsync(again, Token);
        var changes = await store.ReadChangesAsync(before.Position, Token);
        AssertSame(again, Assert.Single(changes.Saved));
        Assert.Empty(changes.Removed);
    }

    [Fact]
    public async Task A_document_that_cannot_be_read_is_named_and_keeps_nobody_from_the_others()
    {
        var store = await OpenAsync();
        foreach (var name in (string[])["first", "orders", "last"])
            await store.TrySaveAsync(A.KeySet(name), Token);
        await DamageAsync("orders");
        var changes = await store.ReadChangesAsync(0, Token);
        Assert.Equal(["first", "last"], changes.Saved.Select(keySet => keySet.Name).Order(StringComparer.Ordinal));
        Assert.Empty(changes.Removed);
        var unreadable = Assert.Single(changes.Unreadable);
        Assert.Equal("orders", unreadable.Name);
        Assert.Contains("'orders' cannot be read", unreadable.Fault, StringComparison.Ordinal);
        Assert.Empty((await store.ReadChangesAsync(changes.Position, Token)).Unreadable); // told once, as any change

        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => store.FindAsync("orders", Token));
        Assert.Equal((KeyServiceError.StoreUnavailable, false), (failure.Error, failure.IsTransient));
        Assert.False(await store.TrySaveAsync(A.KeySet("orders"), Token)); // it is there, and is not made anew
    }

    [Fact]
    public async Task A_refused_change_is_no_change()
    {
        var store = await OpenAsync();
        await store.TrySaveAsync(A.KeySet("orders"), Token);
        var before = await store.ReadChangesAsync(0, Token);
        Assert.False(await store.TrySaveAsync(A.KeySet("orders"), Token));
        Assert.False(await store.TrySaveAsync(A.KeySet("orders").Next().Next(), Token));
        Assert.False(await store.TryRemoveAsync("orders", 2, Token));
        var changes = await store.ReadChangesAsync(before.Position, Token);
        Assert.Empty(changes.Saved);
        Assert.Empty(changes.Removed);
    }

    [Fact]
    public async Task A_position_holds_in_every_replica_and_after_opening_again()
    {
        var (one, other) = (await OpenAsync(), await OpenAsync());
        await one.TrySaveAsync(A.KeySet("orders"), Token);
        var position = (await one.ReadChangesAsync(0, Token)).Position;
        await other.TrySaveAsync(A.KeySet("invoices"), Token);
        var later = await OpenAsync();
        Assert.Equal("invoices", Assert.Single((await later.ReadChangesAsync(position, Token)).Saved).Name);
    }

    [Fact]
    public async Task A_position_before_the_beginning_is_refused()
    {
        var store = await OpenAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.ReadChangesAsync(-1, Token));
    }

    // Each set is saved once, so a change that the reader passes over never comes to it again.
    [Fact]
    public async Task A_reader_misses_no_change_while_others_save()
    {
        const int Writers = 4;
        const int Saves = 50;
        var reader = await OpenAsync();
        var writers = new List<IKeySetStore>();
        for (var i = 0; i < Writers; i++)
            writers.Add(await OpenAsync());

        var writing = Task.WhenAll(writers.Select((store, writer) => Task.Run(async () =>
        {
            for (var i = 0; i < Saves; i++)
                Assert.True(await store.TrySaveAsync(A.KeySet($"set-{writer}-{i}"), Token));
        }, Token)));
        var seen = new HashSet<string>();
        var reads = 0;
        for (long position = 0, done = 0; done < 2;)
        {
            if (writing.IsCompleted)
                done++; // and once more, for what came after the read under way
            var changes = await reader.ReadChangesAsync(position, Token);
            Assert.True(changes.Position >= position);
            seen.UnionWith(changes.Saved.Select(keySet => keySet.Name));
            position = changes.Position;
            reads++;
        }
        await writing;
        Assert.Equal(Writers * Saves, seen.Count);
        Assert.True(reads > 2, "The reader must have read while the others wrote.");
    }
}
