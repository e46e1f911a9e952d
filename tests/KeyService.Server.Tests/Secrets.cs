namespace KeyService.Server.Tests;

/// <summary>Files with a mode of their own, whatever the umask says.</summary>
internal static class Secrets
{
    public static void Write(string path, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
    }
}
