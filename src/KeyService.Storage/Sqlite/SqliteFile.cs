using KeyService.Core;

namespace KeyService.Storage.Sqlite;

/// <summary>
/// The database file and its directory. The documents hold no secret, but whoever can write them decides which keys are
/// published: so both are made for the owner alone, and others' write access is refused. A group's is not, because
/// container platforms give volumes to a group of the service's own.
/// </summary>
internal static class SqliteFile
{
    private const UnixFileMode OwnersDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the file where it is missing, and checks it where it is not.</summary>
    /// <param name="path">Absolute.</param>
    public static void Prepare(string path)
    {
        try
        {
            var directory = Path.GetDirectoryName(path) ?? throw Unusable(path, "it is a root directory");
            MakeDirectory(directory);
            if (Directory.Exists(path))
                throw Unusable(path, "it is a directory");
            RefuseAccessOfOthers(path, directory);
            if (!File.Exists(path))
                MakeFile(path);
            RefuseAccessOfOthers(path, path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, "it or its directory cannot be made or read", failure);
        }
    }

    public static KeyServiceException Unusable(string path, string why, Exception? inner = null) =>
        new(KeyServiceError.StoreUnavailable, $"The store's file '{path}' cannot be used: {why}.", inner) { IsTransient = false };

    private static void MakeDirectory(string directory)
    {
        if (Directory.Exists(directory))
            return;
        if (Path.GetDirectoryName(directory) is { } parent)
            MakeDirectory(parent); // one by one: the mode would hold for the last one only
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, OwnersDirectory);
    }

    private static void MakeFile(string path)
    {
        // Made under another name and then moved: SQLite locks by fcntl, and closing any descriptor of a file drops all
        // such locks that the process holds on it, those of a store that has just opened the same file included.
        var fresh = $"{path}.{Guid.NewGuid():N}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnersFile;
        new FileStream(fresh, options).Dispose();
        try
        {
            File.Move(fresh, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(fresh); // another process made it first: theirs is as good
        }
    }

    private static void RefuseAccessOfOthers(string path, string fileOrDirectory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var mode = File.GetUnixFileMode(fileOrDirectory);
        if (mode.HasFlag(UnixFileMode.OtherWrite) && !mode.HasFlag(UnixFileMode.StickyBit))
            throw Unusable(path, $"every user may write to '{fileOrDirectory}'");
    }
}
