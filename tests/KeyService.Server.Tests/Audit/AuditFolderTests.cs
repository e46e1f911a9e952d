using KeyService.Core.Audit;
using KeyService.Server.Audit;
using KeyService.Server.Audit.Verification;
using KeyService.Testing;

namespace KeyService.Server.Tests.Audit;

/// <summary>What a process finds of those before it, and what it leaves.</summary>
public sealed class AuditFolderTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualClock _clock = new();

    private string[] Files => [.. AuditFormat.InOrder(Directory.EnumerateFiles(_folder.Path))];

    private string[] Torn => Directory.GetFiles(_folder.Path, "*.torn");

    [Fact]
    public void The_chain_goes_on_over_restarts()
    {
        var first = Write(3);
        var second = Write(2);
        Assert.Equal((4, 7), (first.Sequence, second.Sequence)); // each start has a line of its own
        var verdict = LogVerification.Verify(_folder.Path, keys: null, from: null);
        Assert.Equal((LogState.OpenEnd, 7, 1), (verdict.State, verdict.Last, verdict.Files));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(-1)]
    public void A_torn_last_line_is_moved_aside_and_told_of(int bytes)
    {
        var tip = Write(3);
        var line = File.ReadAllText(Files[0]).Split('\n')[^2];
        var torn = bytes < 0 ? line : line[..bytes]; // a whole line without its end is torn too
        File.AppendAllText(Files[0], torn);
        var next = Write(1);
        Assert.Equal(tip.Sequence + 2, next.Sequence);
        Assert.Equal(torn, File.ReadAllText(Assert.Single(Torn)));
        Assert.Contains($"\"cut\":{torn.Length},", File.ReadAllText(Files[0]), StringComparison.Ordinal);
        Assert.Equal(LogState.OpenEnd, LogVerification.Verify(_folder.Path, keys: null, from: null).State);
    }

    [Fact]
    public void Zeros_that_a_crashed_machine_left_are_moved_aside()
    {
        Write(3);
        File.AppendAllText(Files[0], new string('\0', 4096) + "\n{\"seq\":9}\n");
        Write(1);
        Assert.Single(Torn);
        Assert.Equal(LogState.OpenEnd, LogVerification.Verify(_folder.Path, keys: null, from: null).State);
    }

    [Fact]
    public void A_new_file_whose_first_line_was_cut_off_is_begun_again()
    {
        var tip = Write(3);
        File.WriteAllText(Path.Combine(_folder.Path, AuditFormat.FileName(tip.Sequence + 1)), "{\"seq\":5,");
        Write(1);
        Assert.Single(Files);
        Assert.Single(Torn);
        Assert.Equal((LogState.OpenEnd, 6), StateAndLast());
    }

    [Fact]
    public void A_log_that_others_changed_is_left_as_it_is_and_not_gone_on_with()
    {
        Write(5);
        var changed = File.ReadAllText(Files[0]).Replace("\"seq\":3,", "\"seq\":8,", StringComparison.Ordinal);
        File.WriteAllText(Files[0], changed);
        var refusal = Assert.Throws<IOException>(() => Write(1));
        Assert.Contains("line 3 ", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(changed, File.ReadAllText(Files[0]));
    }

    [Fact]
    public void A_second_process_is_refused_while_the_first_one_has_the_folder()
    {
        using (AuditFolder.Open(_folder.Path))
            Assert.Contains("another process", Assert.Throws<IOException>(() => AuditFolder.Open(_folder.Path)).Message, StringComparison.Ordinal);
        AuditFolder.Open(_folder.Path).Dispose();
    }

    [Fact]
    public void A_new_day_and_a_full_file_begin_a_new_one_that_says_whose_it_is()
    {
        using (var journal = new AuditJournal(_folder.Path, 2000, _clock))
        {
            journal.Write([Line("a")], lost: null);
            _clock.Advance(TimeSpan.FromDays(1));
            journal.Write([Line("b")], lost: null);
            journal.Write([.. Enumerable.Range(0, 20).Select(_ => Line("c"))], lost: null); // whatever is written at once stays together
            journal.Write([Line("d")], lost: null);
        }

        Assert.Equal([1, 3, 25], Files.Select(file => AuditFormat.FirstSequenceOf(file)!.Value));
        Assert.All(Files, file => Assert.Contains("\"event\":\"open\"", File.ReadLines(file).First(), StringComparison.Ordinal));
        Assert.Equal((LogState.OpenEnd, 26), StateAndLast());
    }

    [Fact]
    public void Its_files_are_the_owners_alone()
    {
        const UnixFileMode owners = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var path = Path.Combine(_folder.Path, "log");
        using var journal = new AuditJournal(path, 2000, _clock);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no file modes.");
        if (OperatingSystem.IsWindows())
            return; // as above, in the words of the analyzer
        Assert.Equal(owners | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        foreach (var file in Directory.EnumerateFiles(path))
            Assert.Equal(owners, File.GetUnixFileMode(file));
    }

    [Theory]
    [InlineData("\"}\n{\"seq\":2,\"event\":\"end\"}\n")]
    [InlineData("\u2028")]
    [InlineData("\u2028\u2029\u0000\u001b[31m\u202e<script>é\ud800")]
    public void No_text_of_a_caller_ends_a_line_or_makes_it_longer_than_lines_are(string hostile)
    {
        var all = string.Concat(Enumerable.Repeat(hostile, 1000));
        Write(1, Line(all) with { Peer = all, Principal = all, KeySet = all, Kid = all, Algorithm = all, Reason = all, Trace = all, Error = all, Digest = all, InputHash = all, Outcome = all, Label = all, Handle = all, Provider = all });
        var lines = File.ReadAllBytes(Files[0]).AsSpan();
        Assert.Equal(2, lines.Count((byte)'\n'));
        Assert.False(lines.ContainsAnyExceptInRange((byte)'\n', (byte)'~'));
        Assert.DoesNotContain(lines.ToArray(), static b => b is > (byte)'\n' and < (byte)' ');
        Assert.Equal((LogState.OpenEnd, 2), StateAndLast());
    }

    public void Dispose() => _folder.Dispose();

    private AuditRecord Line(string method) => new() { Time = _clock.GetUtcNow(), Event = AuditEvent.End, Method = method };

    private (LogState State, long Last) StateAndLast()
    {
        var verdict = LogVerification.Verify(_folder.Path, keys: null, from: null);
        return (verdict.State, verdict.Last);
    }

    /// <summary>One process, from its start to its end.</summary>
    private AuditTip Write(int lines, AuditRecord? line = null)
    {
        using var journal = new AuditJournal(_folder.Path, 1 << 20, _clock);
        for (var i = 0; i < lines; i++)
            journal.Write([line ?? Line("Sign")], lost: null);
        return journal.Tip;
    }
}
