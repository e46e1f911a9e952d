using FsCheck;
using FsCheck.Fluent;
using KeyService.Core.Keys;
using KeyService.Core.Storage;
using KeyService.Storage.Crash;

namespace KeyService.Storage.Tests;

// Any calls in any order, against a dictionary that does the same.
public abstract partial class KeySetStoreConformance
{
    /// <param name="Offset">Added to the right revision: 0 is the right one.</param>
    private sealed record Call(string Name, bool Removes, int Offset, bool ReadsAfter);

    [Fact]
    public async Task Answers_any_calls_as_a_dictionary_would()
    {
        var store = await OpenAsync();
        var calls = (
            from name in Gen.Elements("a", "b", "c")
            from removes in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
            from offset in Gen.Frequency((4, Gen.Constant(0)), (1, Gen.Constant(-1)), (1, Gen.Constant(1)))
            from reads in Gen.Elements(true, false)
            select new Call(name, removes, offset, reads)).ListOf().Resize(25);
        var run = 0;
        Prop.ForAll(calls.ToArbitrary(), sequence => FollowAsync(store, $"run-{run++}", sequence))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(30).WithReplay(20261122, 7));
    }

    private static async Task FollowAsync(IKeySetStore store, string run, IReadOnlyList<Call> calls)
    {
        var model = new Dictionary<string, KeySet>();
        var follower = new Dictionary<string, KeySet>(); // what a replica knows that lives on changes alone
        var position = (await store.ReadChangesAsync(0, Token)).Position;
        var made = 0;
        foreach (var (suffix, removes, offset, reads) in calls)
        {
            var name = $"{run}-{suffix}";
            var current = model.GetValueOrDefault(name);
            var expected = offset == 0 && (current is not null || !removes);
            if (removes)
            {
                Assert.Equal(expected, await store.TryRemoveAsync(name, (current?.Revision ?? 1) + offset, Token));
                if (expected)
                    model.Remove(name);
            }
            else if ((current?.Revision ?? 0) + 1 + offset is > 0 and var revision)
            {
                var next = (current ?? A.KeySet(name) with { Created = A.Noon.AddSeconds(made) }).Next($"{++made}") with { Revision = revision };
                Assert.Equal(expected, await store.TrySaveAsync(next, Token));
                if (expected)
                    model[name] = next;
            }
            if (reads)
                position = await CatchUpAsync(store, position, follower);
        }

        await CatchUpAsync(store, position, follower);
        Assert.Equal(model.Keys.Order(), follower.Keys.Order());
        foreach (var keySet in model.Values)
        {
            await AssertStoredAsync(store, keySet);
            AssertSame(keySet, follower[keySet.Name]);
        }
    }

    private static async Task<long> CatchUpAsync(IKeySetStore store, long position, Dictionary<string, KeySet> follower)
    {
        var changes = await store.ReadChangesAsync(position, Token);
        foreach (var keySet in changes.Saved)
            follower[keySet.Name] = keySet;
        foreach (var name in changes.Removed)
            follower.Remove(name);
        return changes.Position;
    }
}
