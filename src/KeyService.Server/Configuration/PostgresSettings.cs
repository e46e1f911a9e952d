using KeyService.Storage.Postgres;

namespace KeyService.Server.Configuration;

/// <summary>Reads section <c>Storage</c> of type <c>Postgres</c>. No problem that it tells repeats any of the connection string.</summary>
internal static class PostgresSettings
{
    private const string Inline = nameof(PostgresStoreOptions.ConnectionString);
    private const string InFile = "ConnectionStringFile";

    public static PostgresStoreOptions Read(SettingsReader section)
    {
        // A value that is there but wrong in itself, such as an empty one, is told by Text.
        var (inlineIsThere, fileIsThere) = (section.Has(Inline), section.Has(InFile));
        var (inline, file) = (section.Text(Inline), section.SecretFile(InFile, required: false));
        if (inlineIsThere && fileIsThere)
            section.Problem(InFile, $"must not stand beside {Inline}: only one of them can be meant");
        else if (!inlineIsThere && !fileIsThere)
            section.Problem(Inline, $"is missing; it may stand in a file that {InFile} names");
        else if (inline is not null)
            return Checked(section, Inline, inline);
        else if (file is not null && Contents(section, file) is { } content)
            return Checked(section, InFile, content);
        return new PostgresStoreOptions();
    }

    private static PostgresStoreOptions Checked(SettingsReader section, string setting, string connectionString)
    {
        var options = new PostgresStoreOptions { ConnectionString = connectionString };
        section.Problems(PostgresStoreOptionsRules.Problems(options).Select(problem => $"{setting}{problem[Inline.Length..]}")); // each begins with the option's name
        return options;
    }

    private static string? Contents(SettingsReader section, string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            section.Problem(InFile, $"names a file that cannot be read: '{file}'");
            return null;
        }
    }
}
