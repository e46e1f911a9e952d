using KeyService.Core;
using KeyService.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Tests.Sqlite;

public sealed class SqliteErrorsTests
{
    // Numbers as in sqlite.org/rescode.html.
    [Theory]
    [InlineData(3, true)] // PERM
    [InlineData(5, true)] // BUSY
    [InlineData(6, true)] // LOCKED
    [InlineData(8, false)] // READONLY
    [InlineData(10, true)] // IOERR
    [InlineData(11, false)] // CORRUPT
    [InlineData(13, true)] // FULL
    [InlineData(14, true)] // CANTOPEN
    [InlineData(15, true)] // PROTOCOL
    [InlineData(26, false)] // NOTADB
    public void A_failure_of_the_file_makes_the_store_unavailable(int code, bool mayPass)
    {
        var theirs = new SqliteException("vendor text", code);
        Assert.True(SqliteErrors.IsUnavailable(theirs));
        var ours = SqliteErrors.Unavailable(theirs);
        Assert.Equal(KeyServiceError.StoreUnavailable, ours.Error);
        Assert.Equal(mayPass, ours.IsTransient);
        Assert.Same(theirs, ours.InnerException);
        Assert.DoesNotContain("vendor text", ours.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)] // ERROR: our SQL is wrong
    [InlineData(19)] // CONSTRAINT
    [InlineData(20)] // MISMATCH
    [InlineData(21)] // MISUSE
    public void A_bug_of_ours_flies(int code) =>
        Assert.False(SqliteErrors.IsUnavailable(new SqliteException("vendor text", code)));
}
