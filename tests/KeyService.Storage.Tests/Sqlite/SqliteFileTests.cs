using System.ComponentModel.DataAnnotations;
using KeyService.Core;
using KeyService.Storage.Crash;
using KeyService.Storage.Sqlite;
using KeyService.Testing;
using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Tests.Sqlite;

/// <summary>Which files the store makes, takes and refuses.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private const UnixFileMode OwnersDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Missing_directories_and_files_are_made_for_the_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are those of Unix.");
        await using var store = Store(_directory["one/two/keys.db"]);
        await store.PrepareAsync(Token);
        await store.TrySaveAsync(A.KeySet("orders"), Token);
#pragma warning disable CA1416 // skipped on Windows above
        Assert.Equal(OwnersDirectory, File.GetUnixFileMode(_directory["one"]));
        Assert.Equal(OwnersDirectory, File.GetUnixFileMode(_directory["one/two"]));
        string[] files = [_directory["one/two/keys.db"], _directory["one/two/keys.db-shm"], _directory["one/two/keys.db-wal"]];
        Assert.Equal(files, Directory.GetFiles(_directory["one/two"]).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(OwnersFile, File.GetUnixFileMode(file)));
#pragma warning restore CA1416
    }

    [Fact]
    public async Task A_relative_path_counts_from_the_current_directory()
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, _directory["keys.db"]);
        Assert.False(Path.IsPathRooted(relative));
        await using var store = Store(relative);
        await store.PrepareAsync(Token);
        Assert.True(File.Exists(_directory["keys.db"]));
    }

    [Fact]
    public async Task The_log_is_folded_into_the_file_when_the_store_is_disposed()
    {
        await using (var store = Store(_directory["keys.db"]))
        {
            await store.PrepareAsync(Token);
            await store.TrySaveAsync(A.KeySet("orders"), Token);
        }
        Assert.Equal([_directory["keys.db"]], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task A_file_that_everyone_may_write_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are those of Unix.");
        await File.WriteAllBytesAsync(_directory["keys.db"], [], Token);
#pragma warning disable CA1416 // skipped on Windows above
        File.SetUnixFileMode(_directory["keys.db"], OwnersFile | UnixFileMode.OtherWrite);
#pragma warning restore CA1416
        Assert.Contains("every user may write", await RefusalAsync(_directory["keys.db"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_everyone_may_write_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are those of Unix.");
#pragma warning disable CA1416 // skipped on Windows above
        Directory.CreateDirectory(_directory["open"]);
        File.SetUnixFileMode(_directory["open"], OwnersDirectory | UnixFileMode.OtherWrite);
#pragma warning restore CA1416
        Assert.Contains("every user may write", await RefusalAsync(_directory["open/keys.db"]), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory["open"]));
    }

    [Fact]
    public async Task A_directory_in_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory(_directory["keys.db"]);
        Assert.Contains("it is a directory", await RefusalAsync(_directory["keys.db"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_place_of_the_directory_is_refused()
    {
        await File.WriteAllTextAsync(_directory["file"], "", Token);
        Assert.Contains("cannot be made", await RefusalAsync(_directory["file/keys.db"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /proc, where not even root makes directories.");
        Assert.Contains("cannot be made", await RefusalAsync("/proc/keyservice/keys.db"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_in_which_no_file_can_be_made_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /proc, where not even root makes files.");
        Assert.Contains("cannot be made", await RefusalAsync("/proc/keys.db"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE TABLE accounts (id INTEGER)")]
    [InlineData("PRAGMA application_id = 77")]
    [InlineData("PRAGMA application_id = 77; CREATE TABLE key_sets (name TEXT)")]
    public async Task A_database_of_another_program_is_refused_and_left_as_it_is(string theirs)
    {
        Run(_directory["theirs.db"], theirs);
        var before = await File.ReadAllBytesAsync(_directory["theirs.db"], Token);
        Assert.Contains("another program", await RefusalAsync(_directory["theirs.db"]), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(_directory["theirs.db"], Token));
        Assert.Equal([_directory["theirs.db"]], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_and_keeps_its_sets()
    {
        var file = _directory["keys.db"];
        await using (var store = Store(file))
        {
            await store.PrepareAsync(Token);
            await store.TrySaveAsync(A.KeySet("orders"), Token);
        }
        Run(file, "PRAGMA user_version = 1000");
        Assert.Contains("newer version", await RefusalAsync(file), StringComparison.Ordinal);
        Run(file, "PRAGMA user_version = 1");
        await using var again = Store(file);
        await again.PrepareAsync(Token);
        Assert.NotNull(await again.FindAsync("orders", Token));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_as_it_is()
    {
        var text = new string('x', 5000);
        await File.WriteAllTextAsync(_directory["notes.txt"], text, Token);
        Assert.Contains("not a SQLite database", await RefusalAsync(_directory["notes.txt"]), StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(_directory["notes.txt"], Token));
    }

    [Fact]
    public async Task A_file_that_is_gone_is_an_error_and_not_an_empty_store()
    {
        await using var store = Store(_directory["keys.db"]);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => store.ReadChangesAsync(0, Token));
        Assert.Equal(KeyServiceError.StoreUnavailable, failure.Error);
        Assert.DoesNotContain(_directory.Path, failure.Message, StringComparison.Ordinal); // callers read it
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Theory]
    [InlineData("", 10)]
    [InlineData("keys.db", 0)]
    [InlineData("keys.db", 61)]
    public void Options_out_of_range_are_refused(string path, int lockWaitSeconds) =>
        Assert.Throws<ValidationException>(() => new SqliteKeySetStore(
            new SqliteStoreOptions { Path = path, LockWait = TimeSpan.FromSeconds(lockWaitSeconds) }, TimeProvider.System));

    private static SqliteKeySetStore Store(string path) => new(new SqliteStoreOptions { Path = path }, TimeProvider.System);

    private static async Task<string> RefusalAsync(string path)
    {
        await using var store = Store(path);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => store.PrepareAsync(Token));
        Assert.Equal(KeyServiceError.StoreUnavailable, failure.Error);
        Assert.False(failure.IsTransient);
        return failure.Message;
    }

    private static void Run(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of these tests
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
