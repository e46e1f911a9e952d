using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Storage.Crash;
using KeyService.Storage.Sqlite;

// A process that a test runs beside others on one file, and kills. It ends by itself when the test is gone: then its
// standard input is closed.
if (args is not [var mode, var path, var name, var count])
{
    await Console.Error.WriteLineAsync("usage: save|add|fill FILE KEYSET COUNT");
    return 2;
}
using var orphaned = new CancellationTokenSource();
_ = Task.Run(async () =>
{
    while (await Console.In.ReadLineAsync() is not null)
    {
    }
    await orphaned.CancelAsync();
});

await using var store = new SqliteKeySetStore(new SqliteStoreOptions { Path = path }, TimeProvider.System);
await store.PrepareAsync(orphaned.Token);
var end = int.Parse(count, System.Globalization.CultureInfo.InvariantCulture);
return mode switch
{
    "save" => await SaveAsync(),
    "add" => await AddAsync(),
    "fill" => await FillAsync(),
    _ => 2,
};

// Saves a set of its own again and again, small and large, and prints each revision once it is acknowledged.
async Task<int> SaveAsync()
{
    var random = new Random(Environment.ProcessId);
    for (var i = 0; i < end; i++)
    {
        var next = await NextAsync(new string('x', random.Next(64 * 1024)));
        if (!await store.TrySaveAsync(next, orphaned.Token))
            throw new InvalidOperationException($"Nobody else saves {name}, and yet revision {next.Revision} was refused.");
        await Console.Out.WriteLineAsync($"{next.Revision}");
    }
    return 0;
}

// Adds a number of revisions to a set that other processes add to as well.
async Task<int> AddAsync()
{
    for (var added = 0; added < end;)
    {
        if (await store.TrySaveAsync(await NextAsync(), orphaned.Token))
            added++;
    }
    return 0;
}

// Saves ever more until the store refuses, and prints why.
async Task<int> FillAsync()
{
    try
    {
        return await SaveAsync();
    }
    catch (KeyServiceException refused)
    {
        await Console.Out.WriteLineAsync($"{refused.Error}: {refused.Message}");
        return 0;
    }
}

async Task<KeySet> NextAsync(string? reason = null) =>
    (await store.FindAsync(name, orphaned.Token))?.Next(reason) ?? A.KeySet(name, reason);
