using KeyService.Core.Storage;
using KeyService.Storage.Crash;

namespace KeyService.Storage.Tests;

// Several replicas at once.
public abstract partial class KeySetStoreConformance
{
    private const int Rounds = 40;

    [Fact]
    public async Task Of_racing_saves_one_wins()
    {
        var replicas = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        var current = A.KeySet("orders");
        await replicas[0].TrySaveAsync(current, Token);
        for (var round = 0; round < Rounds; round++)
        {
            var candidates = replicas.Select((_, i) => current.Next($"by {i}")).ToArray();
            var answers = await AtOnceAsync(replicas, (store, i) => store.TrySaveAsync(candidates[i], Token));
            current = candidates[Array.IndexOf(answers, true)];
            Assert.Equal(1, answers.Count(won => won));
            await AssertStoredAsync(replicas[round % replicas.Length], current);
        }
    }

    [Fact]
    public async Task Of_racing_first_saves_one_wins()
    {
        var replicas = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        for (var round = 0; round < Rounds; round++)
        {
            var candidates = replicas.Select((_, i) => A.KeySet($"set-{round}", $"by {i}")).ToArray();
            var answers = await AtOnceAsync(replicas, (store, i) => store.TrySaveAsync(candidates[i], Token));
            Assert.Equal(1, answers.Count(won => won));
            await AssertStoredAsync(replicas[0], candidates[Array.IndexOf(answers, true)]);
        }
    }

    [Fact]
    public async Task Of_a_racing_save_and_removal_one_wins()
    {
        var replicas = new[] { await OpenAsync(), await OpenAsync() };
        for (var round = 0; round < Rounds; round++)
        {
            var first = A.KeySet($"set-{round}");
            await replicas[0].TrySaveAsync(first, Token);
            var answers = await AtOnceAsync(replicas, (store, i) =>
                i == round % 2 ? store.TrySaveAsync(first.Next(), Token) : store.TryRemoveAsync(first.Name, 1, Token));
            Assert.Equal(1, answers.Count(won => won));
            var saved = answers[round % 2];
            Assert.Equal(saved ? 2 : null, (await replicas[0].FindAsync(first.Name, Token))?.Revision);
        }
    }

    [Fact]
    public async Task No_change_of_several_replicas_is_lost()
    {
        const int Changes = 25;
        var replicas = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        await replicas[0].TrySaveAsync(A.KeySet("orders"), Token);
        await AtOnceAsync(replicas, async (store, _) =>
        {
            for (var saved = 0; saved < Changes;)
            {
                if (await store.TrySaveAsync((await store.FindAsync("orders", Token))!.Next(), Token)) // saved above, never removed
                    saved++;
            }
            return true;
        });
        Assert.Equal(1 + (replicas.Length * Changes), (await replicas[0].FindAsync("orders", Token))?.Revision);
    }

    [Fact]
    public async Task Many_replicas_prepare_a_new_place_at_once()
    {
        var replicas = Enumerable.Range(0, 8).Select(_ => NewStore()).ToArray();
        _opened.AddRange(replicas);
        var answers = await AtOnceAsync(replicas, async (store, i) =>
        {
            await store.PrepareAsync(Token);
            return await store.TrySaveAsync(A.KeySet($"set-{i}"), Token);
        });
        Assert.All(answers, Assert.True);
        Assert.Equal(replicas.Length, (await replicas[0].ReadChangesAsync(0, Token)).Saved.Count);
    }

    [Fact]
    public async Task Preparing_again_keeps_what_is_stored()
    {
        var store = await OpenAsync();
        await store.TrySaveAsync(A.KeySet("orders"), Token);
        await store.PrepareAsync(Token);
        await AssertStoredAsync(store, A.KeySet("orders"));
    }

    [Fact]
    public async Task A_reader_sees_whole_versions_only_and_never_goes_back()
    {
        var (writer, reader) = (await OpenAsync(), await OpenAsync());
        var last = A.KeySet("orders", Reason(1));
        await writer.TrySaveAsync(last, Token);
        var writing = Task.Run(async () =>
        {
            for (var revision = 2; revision <= 60; revision++)
                Assert.True(await writer.TrySaveAsync(last = last.Next(Reason(revision)), Token));
        }, Token);
        long seen = 0;
        while (!writing.IsCompleted)
        {
            var found = (await reader.FindAsync("orders", Token))!; // saved above, never removed
            Assert.Equal(Reason(found.Revision), found.Keys[0].Reason);
            Assert.True(found.Revision >= seen);
            seen = found.Revision;
        }
        await writing;
        await AssertStoredAsync(reader, last);

        static string Reason(long revision) => $"{revision}{new string('x', 20_000 + (int)revision)}{revision}";
    }

    /// <summary>Releases all calls at one signal onto the thread pool, as near to each other as the machine allows.</summary>
    private static async Task<bool[]> AtOnceAsync(IKeySetStore[] replicas, Func<IKeySetStore, int, Task<bool>> call)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = replicas.Select(async (store, i) =>
        {
            await start.Task;
            return await call(store, i);
        }).ToArray();
        start.SetResult();
        return await Task.WhenAll(calls);
    }
}
