using System.Globalization;

namespace KeyService.Server.Configuration;

/// <summary>
/// Reads one section of the settings strictly. Every problem is collected with the full name of its value, so that one start
/// tells them all; whatever was not read by then is an unknown key. Values are never corrected.
/// </summary>
internal sealed class SettingsReader(IConfigurationSection section, List<string> problems)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Full name, such as <c>KeyService:Storage</c>.</summary>
    public string Path => section.Path;

    /// <summary>The name of this section within its parent.</summary>
    public string Name => section.Key;

    /// <summary>Whether the section holds anything at all.</summary>
    public bool HasAny => section.GetChildren().Any();

    public bool Has(string key) => section.GetSection(key).Exists();

    public string? Text(string key)
    {
        var child = Known(key);
        if (child.GetChildren().Any())
            Problem(key, "must be a single value, not a list or an object");
        else if (child.Value is { Length: > 0 } value)
            return value;
        else if (child.Value is not null)
            Problem(key, "must not be empty");
        return null;
    }

    /// <summary>A value that must be there. Where it is not, the problem is noted and an empty text returned.</summary>
    public string RequiredText(string key)
    {
        var before = problems.Count;
        var value = Text(key);
        if (value is null && problems.Count == before)
            Problem(key, "is missing");
        return value ?? "";
    }

    public int Integer(string key, int fallback, int min, int max)
    {
        if (Text(key) is not { } text)
            return fallback;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        Problem(key, $"must be a whole number from {min} to {max}, not '{text}'");
        return fallback;
    }

    /// <summary>False where it is absent.</summary>
    public bool Flag(string key) => Flag(key, fallback: false);

    public bool Flag(string key, bool fallback)
    {
        if (Text(key) is not { } text)
            return fallback;
        if (!bool.TryParse(text, out var value))
            Problem(key, $"must be true or false, not '{text}'");
        return value;
    }

    public int? OptionalInteger(string key, int min, int max) => Has(key) ? Integer(key, min, min, max) : null;

    /// <summary>A duration such as <c>00:05:00</c>, <c>7.00:00:00</c>, <c>90s</c>, <c>5m</c>, <c>1h</c> or <c>30d</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min, TimeSpan max) => OptionalDuration(key, min, max) ?? fallback;

    public TimeSpan? OptionalDuration(string key, TimeSpan min, TimeSpan max)
    {
        if (Text(key) is not { } text)
            return null;
        if (DurationText.TryParse(text, out var value) && value >= min && value <= max)
            return value;
        Problem(key, $"must be a duration from {DurationText.Format(min)} to {DurationText.Format(max)}, such as 90s, 1h or 00:05:00, not '{text}'");
        return null;
    }

    /// <summary>The members of an object, each a single value that may be empty. Empty where it is absent.</summary>
    public IReadOnlyDictionary<string, string> Texts(string key)
    {
        var child = Known(key);
        if (child.Value is not null && child.Value.Length > 0)
            Problem(key, "must be an object");
        foreach (var member in child.GetChildren().Where(static member => member.GetChildren().Any()))
            problems.Add($"{member.Path} must be a single value, not a list or an object");
        return child.GetChildren().ToDictionary(static member => member.Key, static member => member.Value ?? "", StringComparer.Ordinal);
    }

    /// <summary>The items of a list, each a single value. A single value stands for a list of one. Null where it is absent.</summary>
    public IReadOnlyList<string>? List(string key)
    {
        var child = Known(key);
        if (!child.Exists())
            return null;
        if (child.Value is not null)
            return Text(key) is { } one ? [one] : [];
        foreach (var item in child.GetChildren().Where(static item => item.GetChildren().Any() || item.Value is not { Length: > 0 }))
            problems.Add($"{item.Path} must be a single value that is not empty");
        return [.. child.GetChildren().Select(static item => item.Value).OfType<string>()];
    }

    /// <summary>A URL of host and port, of the scheme of <paramref name="fallback"/>.</summary>
    public Uri Url(string key, string fallback)
    {
        var scheme = new Uri(fallback).Scheme;
        var text = Text(key) ?? fallback;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == scheme && url.PathAndQuery == "/" && url.UserInfo.Length == 0)
            return url;
        Problem(key, $"must be a URL such as {fallback}, not '{text}'");
        return new Uri(fallback);
    }

    /// <summary>A file that not everyone on the machine may read, or write: who can, has the secret, or the say.</summary>
    public string? SecretFile(string key, bool required)
    {
        var path = required ? RequiredText(key) : Text(key);
        if (path is { Length: > 0 } && FileModes.IsOpenToEveryone(path))
            Problem(key, $"names a file that every user of this machine may read or write: chmod o= '{path}'");
        return path;
    }

    public SettingsReader Section(string key) => new(Known(key), problems);

    /// <summary>The named members of an object, or the items of a list, in the order of the settings.</summary>
    public IReadOnlyList<SettingsReader> Children(string key)
    {
        var child = Known(key);
        if (child.Value is { Length: > 0 })
            Problem(key, "must be an object or a list");
        return [.. child.GetChildren().Select(item => new SettingsReader(item, problems))];
    }

    public void Problem(string key, string what) => problems.Add($"{section.Path}:{key} {what}");

    /// <summary>Takes over what the rules of a provider's options say: sentences that begin with the setting. One problem of each is enough.</summary>
    public void Problems(IEnumerable<string> sentences)
    {
        foreach (var words in sentences.Select(static sentence => sentence.TrimEnd('.').Split(' ', 2)))
        {
            if (!problems.Exists(told => told.StartsWith($"{section.Path}:{words[0]} ", StringComparison.Ordinal)))
                Problem(words[0], words[1]);
        }
    }

    /// <summary>Names every key that nobody asked for, and a value where there should be keys.</summary>
    public void RefuseOthers()
    {
        if (section.Value is { Length: > 0 })
            problems.Add($"{section.Path} must be an object");
        foreach (var child in section.GetChildren())
        {
            if (!_known.Contains(child.Key))
                problems.Add($"{child.Path} is unknown; known here: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
        }
    }

    private IConfigurationSection Known(string key)
    {
        _known.Add(key);
        return section.GetSection(key);
    }
}
