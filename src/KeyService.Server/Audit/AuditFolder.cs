using KeyService.Core.Audit;
using Microsoft.Win32.SafeHandles;

namespace KeyService.Server.Audit;

/// <summary>The files of this process's log. One process at a time holds the folder.</summary>
internal sealed class AuditFolder : IDisposable
{
    private const string LockName = "lock";
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _path;
    private readonly FileStream _lock;
    private SafeFileHandle? _file;

    private AuditFolder(string path, FileStream held)
    {
        _path = path;
        _lock = held;
    }

    /// <summary>What was found when the folder was opened.</summary>
    public AuditEnd Found { get; private set; }

    /// <summary>Of the present file, as far as it is known to be on the disk.</summary>
    public long Length { get; private set; }

    /// <summary>Called before the disk is asked to keep what was written. Tests make a slow disk of it.</summary>
    public Action BeforeFlush { get; init; } = static () => { };

    /// <exception cref="IOException">Another process holds the folder, it cannot be used, or the log in it was changed.</exception>
    public static AuditFolder Open(string path, Action? beforeFlush = null)
    {
        var folder = new AuditFolder(Path.GetFullPath(path), Hold(path)) { BeforeFlush = beforeFlush ?? (static () => { }) };
        try
        {
            folder.Found = AuditEnd.Find(folder._path);
            if (folder.Found.LastFile is { } file)
                folder._file = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            folder.Length = folder.Found.Length;
            return folder;
        }
        catch (Exception e)
        {
            folder.Dispose();
            if (e is UnauthorizedAccessException)
                throw new IOException($"The audit log in '{path}' cannot be read.", e);
            throw;
        }
    }

    /// <summary>Begins a new file, or the same one again where an earlier try failed after it was made.</summary>
    public void Begin(long firstSequence)
    {
        var path = Path.Combine(_path, AuditFormat.FileName(firstSequence));
        using (new FileStream(path, Options(FileMode.Create, FileShare.None)))
        {
            // File.OpenHandle cannot say the mode.
        }

        FolderSync.Flush(_path);
        var before = _file;
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Length = 0;
        before?.Dispose();
    }

    /// <summary>Returns when the bytes are on the disk.</summary>
    public void Append(ReadOnlySpan<byte> lines)
    {
        var file = _file ?? throw new InvalidOperationException("No file was begun.");
        RandomAccess.Write(file, lines, Length);
        BeforeFlush();
        RandomAccess.FlushToDisk(file);
        Length += lines.Length;
    }

    /// <summary>After a failure: cuts off what may have been written of lines that nobody was told of.</summary>
    public void Restore()
    {
        if (_file is not null)
            RandomAccess.SetLength(_file, Length);
    }

    public void Dispose()
    {
        _file?.Dispose();
        _lock.Dispose();
    }

    /// <summary>Files that only their owner reads.</summary>
    public static FileStreamOptions Options(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private static FileStream Hold(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                Directory.CreateDirectory(path, OwnersFolder);
            return new FileStream(Path.Combine(path, LockName), Options(FileMode.OpenOrCreate, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The audit log in '{path}' cannot be taken: another process writes it, or the folder cannot be written. Each replica needs a folder of its own.", e);
        }
    }
}
