namespace KeyService.Server.Configuration;

/// <summary>Who may read and write a file.</summary>
internal static class FileModes
{
    private const UnixFileMode Everyone = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>By its mode, symbolic links followed. False where there is no file, or no such modes: whoever opens it will tell.</summary>
    public static bool IsOpenToEveryone(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
            return false;
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path; // as Kubernetes mounts secrets
        return (File.GetUnixFileMode(target) & Everyone) != 0;
    }
}
