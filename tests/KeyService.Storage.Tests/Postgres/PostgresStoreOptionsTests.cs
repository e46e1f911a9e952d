using System.ComponentModel.DataAnnotations;
using KeyService.Storage.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Storage.Tests.Postgres;

public sealed class PostgresStoreOptionsTests
{
    [Theory]
    [InlineData("", "must have a Host")]
    [InlineData("Database=keys", "must have a Host")]
    [InlineData("Host=db;Password=one;two-secret;x", "must be a connection string")]
    [InlineData("Host=db;Password=one;two-secret=3", "must be a connection string")]
    [InlineData("Host=db;Port=secret", "must be a connection string")]
    [InlineData("Host=db;SSL Mode=secret", "must be a connection string")]
    [InlineData("Host=db;Timeout=0", "must have a Timeout")]
    [InlineData("Host=db;Command Timeout=0", "must have a Timeout")]
    [InlineData("Host=db;Command Timeout=61", "must have a Timeout")]
    [InlineData("Host=db;Maximum Pool Size=7", "must allow a Maximum Pool Size")]
    [InlineData("Host=db;Include Error Detail=true", "must not ask for Include Error Detail")]
    public void A_wrong_connection_string_is_refused_and_not_repeated(string connectionString, string problem)
    {
        var options = new PostgresStoreOptions { ConnectionString = connectionString };
        Assert.StartsWith($"ConnectionString {problem}", Assert.Single(PostgresStoreOptionsRules.Problems(options)), StringComparison.Ordinal);
        var refusal = Assert.Throws<ValidationException>(() => new PostgresKeySetStore(options, NullLogger<PostgresKeySetStore>.Instance, TimeProvider.System));
        Assert.DoesNotContain("secret", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_out_is_bounded()
    {
        var settings = PostgresStoreOptionsRules.Read("Host=db")!; // it is right
        Assert.Equal((5, 10, 30, 10), (settings.Timeout, settings.CommandTimeout, settings.KeepAlive, settings.MaxPoolSize));
        Assert.Equal(3, PostgresStoreOptionsRules.Read("Host=db;Timeout=3")!.Timeout);
    }
}
