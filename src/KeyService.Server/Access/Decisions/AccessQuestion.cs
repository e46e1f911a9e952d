namespace KeyService.Server.Access.Decisions;

/// <summary>What a caller asks to be let do.</summary>
/// <param name="Permission">Exactly one.</param>
/// <param name="KeySet">Null where the call is about whichever key sets the caller may see.</param>
internal readonly record struct AccessQuestion(Permissions Permission, string? KeySet)
{
    /// <summary>True for raw bytes, which may be the signing input of any token.</summary>
    public bool SignsRaw { get; init; }

    /// <summary>The claims of a JWT to be signed; null for other calls.</summary>
    public string? ClaimsJson { get; init; }

    /// <summary>The <c>typ</c> header of that JWT.</summary>
    public string? TokenType { get; init; }
}
