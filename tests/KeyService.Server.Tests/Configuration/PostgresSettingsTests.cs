using KeyService.Server.Configuration;
using KeyService.Storage.Postgres;
using KeyService.Storage.Sqlite;
using Microsoft.Extensions.Configuration;

namespace KeyService.Server.Tests.Configuration;

public sealed class PostgresSettingsTests : IDisposable
{
    private const string Right = "Host=db;Username=keyservice;Password=secret";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyservice-settings-");

    [Fact]
    public void A_connection_string_is_taken_as_it_is() =>
        Assert.Equal(Right, OptionsOf(("Type", "Postgres"), ("ConnectionString", Right)).ConnectionString);

    [Fact]
    public void A_file_may_hold_it() =>
        Assert.Equal(Right, OptionsOf(("Type", "Postgres"), ("ConnectionStringFile", FileWith($"{Right}\n"))).ConnectionString);

    [Fact]
    public void Without_a_type_the_store_is_SQLite() =>
        Assert.Equal("keyservice.db", Assert.IsType<SqliteStoreOptions>(Check().Options).Path);

    [Fact]
    public void Both_at_once_are_refused() =>
        Refused("ConnectionStringFile must not stand beside ConnectionString", ("ConnectionString", Right), ("ConnectionStringFile", FileWith(Right)));

    [Fact]
    public void Neither_is_refused() => Refused("ConnectionString is missing");

    [Fact]
    public void An_empty_one_is_refused() => Refused("ConnectionString must not be empty", ("ConnectionString", ""));

    [Fact]
    public void A_file_that_is_not_there_is_refused() =>
        Refused("ConnectionStringFile names a file that cannot be read", ("ConnectionStringFile", Path.Combine(_folder.FullName, "nothing")));

    [Theory]
    [InlineData("", "must have a Host")]
    [InlineData("Host=db;Password=secret;secret", "must be a connection string")]
    [InlineData("Host=db;Command Timeout=0;Password=secret", "must have a Timeout")]
    public void A_wrong_one_is_told_by_the_setting_that_brought_it(string connectionString, string problem)
    {
        Refused($"ConnectionStringFile {problem}", ("ConnectionStringFile", FileWith(connectionString)));
        if (connectionString.Length > 0)
            Refused($"ConnectionString {problem}", ("ConnectionString", connectionString));
    }

    [Fact]
    public void Settings_of_the_other_store_are_unknown()
    {
        Refused("Path is unknown", ("ConnectionString", Right), ("Path", "keys.db"));
        Assert.Contains("ConnectionString is unknown", Problem(("Type", "Sqlite"), ("ConnectionString", Right)), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static PostgresStoreOptions OptionsOf(params (string Key, string Value)[] storage) => Assert.IsType<PostgresStoreOptions>(Check(storage).Options);

    private static StorageSettings Check(params (string Key, string Value)[] storage)
    {
        var values = new Dictionary<string, string?>(SettingsCases.Right);
        foreach (var (key, value) in storage)
            values[$"KeyService:Storage:{key}"] = value;
        return SettingsLoader.Check(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), DateTimeOffset.UnixEpoch).Storage;
    }

    private static void Refused(string problem, params (string Key, string Value)[] storage)
    {
        var told = Problem([("Type", "Postgres"), .. storage]);
        Assert.StartsWith($"KeyService:Storage:{problem}", told, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", told, StringComparison.Ordinal);
    }

    private static string Problem(params (string Key, string Value)[] storage) =>
        Assert.Single(Assert.Throws<SettingsException>(() => Check(storage)).Problems);

    private string FileWith(string content)
    {
        var file = Path.Combine(_folder.FullName, "connection");
        Secrets.Write(file, content);
        return file;
    }
}
