namespace KeyService.Server.Access.Policies;

/// <summary>Which claims a principal may have signed. Members that are null allow anything.</summary>
internal sealed record ClaimsPolicy
{
    /// <summary><c>iss</c> must be there and be one of these.</summary>
    public IReadOnlyList<string>? Issuers { get; init; }

    /// <summary><c>sub</c> must be there and match one of these: <c>*</c> stands for any characters, <c>?</c> for one.</summary>
    public IReadOnlyList<string>? Subjects { get; init; }

    /// <summary><c>aud</c> must be there, and each of its values be one of these.</summary>
    public IReadOnlyList<string>? Audiences { get; init; }

    /// <summary>The <c>typ</c> header must be one of these; upper and lower case are alike (RFC 7515 §4.1.9).</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary><c>exp</c> must be no later than this from now.</summary>
    public TimeSpan? MaxLifetime { get; init; }

    /// <summary>Claims that must be there.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Claims that must not be there.</summary>
    public IReadOnlyList<string> Forbidden { get; init; } = [];
}
