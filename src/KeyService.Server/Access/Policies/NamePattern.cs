namespace KeyService.Server.Access.Policies;

/// <summary>A name, or with <c>*</c> as its last character every name that begins so.</summary>
internal sealed class NamePattern(string text)
{
    private readonly bool _isPrefix = text.EndsWith('*');

    /// <summary>The name, or what it has to begin with.</summary>
    public string Stem => _isPrefix ? text[..^1] : text;

    public bool IsPrefix => _isPrefix;

    public bool Matches(string name) => _isPrefix ? name.AsSpan().StartsWith(text.AsSpan()[..^1], StringComparison.Ordinal) : name == text;

    public override string ToString() => text;
}
