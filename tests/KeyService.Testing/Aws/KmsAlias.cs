namespace KeyService.Testing.Aws;

internal sealed class KmsAlias(string name, string targetKeyId, DateTimeOffset created, int hiddenReads)
{
    public string Name => name;

    public string TargetKeyId => targetKeyId;

    public DateTimeOffset Created => created;

    public int HiddenReads { get; set; } = hiddenReads;
}
