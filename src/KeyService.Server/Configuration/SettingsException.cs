namespace KeyService.Server.Configuration;

/// <summary>The settings are wrong: the server does not start. The message names every value at fault.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems)
    : Exception($"The settings are wrong:{Environment.NewLine}{string.Join(Environment.NewLine, problems.Select(problem => "  " + problem))}")
{
    public IReadOnlyList<string> Problems => problems;
}
