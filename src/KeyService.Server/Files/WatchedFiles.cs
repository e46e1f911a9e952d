namespace KeyService.Server.Files;

/// <summary>Files that are looked at again and again, because they may be replaced while the server runs.</summary>
internal abstract class WatchedFiles
{
    /// <summary>What is wrong with the files as they are now, for as long as the last good ones stay in use; null where nothing is.</summary>
    public string? Fault { get; protected set; }

    /// <summary>Takes over what has changed. What cannot be used is told, and changes nothing.</summary>
    public abstract void Check();
}
