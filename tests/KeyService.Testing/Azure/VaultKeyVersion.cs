namespace KeyService.Testing.Azure;

/// <summary>One version of a key: its material never changes, its attributes and tags do.</summary>
internal sealed class VaultKeyVersion(string id, VaultKeyMaterial material, string[] operations, long created)
{
    /// <summary>32 hex digits.</summary>
    public string Id => id;

    public VaultKeyMaterial Material => material;

    public string[] Operations { get; set; } = operations;

    public bool Enabled { get; set; } = true;

    /// <summary>Seconds since 1970, as all times here.</summary>
    public long? NotBefore { get; set; }

    public long? Expires { get; set; }

    public long Created => created;

    public long Updated { get; set; }

    public Dictionary<string, string> Tags { get; set; } = [];

    /// <summary>
    /// A disabled version does nothing; one outside of its dates still verifies (About keys: key attributes). Whether a disabled one is
    /// shown is not documented: here it is not, so that no client counts on it.
    /// </summary>
    public void ThrowUnlessUsable(string operation, long now)
    {
        if (!Enabled)
            throw VaultRefusal.Forbidden($"Operation {operation} is not allowed on a disabled key.", "KeyDisabled");
        if (operation is "verify" or "get")
            return;
        if (NotBefore is { } begins && now < begins)
            throw VaultRefusal.Forbidden($"Operation {operation} is not allowed before the key's nbf.", "KeyNotYetValid");
        if (Expires is { } ends && now >= ends)
            throw VaultRefusal.Forbidden($"Operation {operation} is not allowed after the key's exp.", "KeyExpired");
    }

    public void ThrowUnlessPermitted(string operation)
    {
        if (!Operations.Contains(operation, StringComparer.Ordinal))
            throw VaultRefusal.Forbidden($"Operation {operation} is not among the key_ops of this key.");
    }
}
