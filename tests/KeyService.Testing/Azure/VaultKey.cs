namespace KeyService.Testing.Azure;

/// <summary>A name with its versions, in use or deleted.</summary>
internal sealed class VaultKey(string name)
{
    public string Name => name;

    /// <summary>In the order in which they were made.</summary>
    public List<VaultKeyVersion> Versions { get; } = [];

    public VaultKeyVersion Latest => Versions[^1];

    /// <summary>When it was deleted; null while it is in use.</summary>
    public DateTimeOffset? Deleted { get; set; }

    public VaultKeyVersion Version(string? id) =>
        (id is null ? Latest : Versions.Find(version => version.Id == id)) ?? throw VaultRefusal.KeyNotFound($"{name}/{id}");
}
