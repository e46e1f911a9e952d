using System.Security.Cryptography;
using KeyService.Server.Configuration;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Files;

/// <summary>
/// A value that is made from one or more files, and made anew when their content changes. Contents are compared, not dates or
/// notifications: so a renamed file, a swapped symbolic link and a mounted volume are all alike.
/// </summary>
/// <typeparam name="T">Immutable: those who took one go on with it.</typeparam>
internal sealed class ReloadedFile<T> : WatchedFiles
    where T : class
{
    private const int MaxBytes = 4 << 20;
    private readonly string _what;
    private readonly IReadOnlyList<string> _paths;
    private readonly Func<IReadOnlyList<byte[]>, T> _make;
    private readonly ILogger _logger;
    private readonly KeyValuePair<string, object?> _tag;
    private byte[] _seen;
    private volatile T _current;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="what">What it is, for people: "the policy".</param>
    /// <param name="make">From the files' contents, in the order of <paramref name="paths"/>. May throw for what it cannot use.</param>
    /// <exception cref="SettingsException">The files cannot be used: there is no last good one yet.</exception>
    public ReloadedFile(string what, IReadOnlyList<string> paths, Func<IReadOnlyList<byte[]>, T> make, ILogger logger)
    {
        (_what, _paths, _make, _logger) = (what, paths, make, logger);
        _tag = new("file", what);
        Instruments.ReloadFailures.Add(0, _tag); // or the first failure would not be seen as a rise
        try
        {
            var contents = Read();
            _seen = HashOf(contents);
            _current = make(contents);
        }
        catch (Exception e) when (IsUnusable(e))
        {
            throw new SettingsException([$"{what} in {string.Join(", ", paths)} cannot be used: {e.Message}"]);
        }
    }

    public T Current => _current;

    /// <summary>Completes when another value is taken over. Take it before <see cref="Current"/>, so that no change falls between.</summary>
    public Task Changed => _changed.Task;

    public override void Check()
    {
        try
        {
            var contents = Read();
            var hash = HashOf(contents);
            if (hash.AsSpan().SequenceEqual(_seen) && Fault is null)
                return;
            var changed = !hash.AsSpan().SequenceEqual(_seen);
            _seen = hash;
            _current = _make(contents);
            Fault = null;
            if (!changed)
                return;
            Log.FileReloaded(_logger, _what);
            var told = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            told.SetResult();
        }
        catch (Exception e) when (IsUnusable(e))
        {
            var fault = $"{_what} in {string.Join(", ", _paths)} cannot be used, the one before stays in use: {e.Message}";
            if (fault != Fault)
                Log.FileNotReloaded(_logger, e, _what);
            Instruments.ReloadFailures.Add(1, _tag);
            Fault = fault;
        }
    }

    private List<byte[]> Read()
    {
        var contents = new List<byte[]>();
        foreach (var path in _paths)
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
                throw new InvalidDataException($"{path} is longer than {MaxBytes} bytes.");
            contents.Add(File.ReadAllBytes(path));
        }

        return contents;
    }

    private static byte[] HashOf(IEnumerable<byte[]> contents) => SHA256.HashData([.. contents.SelectMany(SHA256.HashData)]);

    /// <summary>What a wrong file leads to; anything else is a bug.</summary>
    private static bool IsUnusable(Exception e) =>
        e is IOException or InvalidDataException or UnauthorizedAccessException or CryptographicException or ArgumentException or FormatException or SettingsException;
}
