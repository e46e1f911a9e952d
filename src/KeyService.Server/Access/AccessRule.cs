namespace KeyService.Server.Access;

/// <summary>What it takes to call a method or route.</summary>
/// <param name="Name">Full name of the gRPC method, with its leading slash, or the pattern of the HTTP route.</param>
/// <param name="Permission">None where <paramref name="Kind"/> asks for none.</param>
internal sealed record AccessRule(string Name, AccessKind Kind, Permissions Permission)
{
    public bool IsHttpRoute => Name.Contains("/.well-known/", StringComparison.Ordinal);

    /// <summary>False for the one method that makes the key set it names.</summary>
    public bool NeedsKeySet => Name != AccessTable.KeySets + "CreateKeySet";
}
