using System.Text;
using KeyService.Core.Audit;
using KeyService.Server.Audit.Verification;

namespace KeyService.Server.Tests.Audit;

/// <summary>Every line of a log × every kind of damage.</summary>
public sealed class LogDamageTests : IDisposable
{
    private readonly WrittenLog _log = new();

    [Fact]
    public void An_undamaged_log_is_whole_and_its_last_checkpoint_vouches_for_its_end()
    {
        Assert.Equal(3, _log.Files.Length);
        Assert.InRange(_log.Places.Count(), 50, 60);
        var verdict = _log.Verify(_log.Keys);
        Assert.Equal((LogState.Whole, null, 1, _log.Places.Count()), (verdict.State, verdict.Fault, verdict.First, verdict.Last));
        Assert.Equal((5, verdict.Last - 1), (verdict.Checkpoints, verdict.Covered));
        Assert.Equal(LogState.Whole, _log.Verify(keys: null).State);
    }

    [Fact]
    public void A_removed_line_is_found_where_it_was()
    {
        foreach (var (file, line) in _log.Places)
        {
            var lines = Copy();
            lines[file] = [.. lines[file].Where((_, i) => i != line)];
            var isLast = file == lines.Length - 1 && line == _log.Lines[file].Length - 1; // then only its end is open
            Expect(lines, isLast ? LogState.OpenEnd : LogState.Damaged, $"{file}:{line} removed");
        }
    }

    [Fact]
    public void A_changed_byte_is_found_in_its_line()
    {
        var random = new Random(7515);
        foreach (var (file, line) in _log.Places)
        {
            for (var change = 0; change < 8; change++)
            {
                var lines = Copy();
                var bytes = Encoding.Latin1.GetBytes(lines[file][line]);
                var at = random.Next(bytes.Length);
                bytes[at] ^= (byte)(1 << random.Next(8));
                if (bytes[at] == (byte)'\n')
                    continue; // that makes two lines of it: another kind of damage
                lines[file][line] = Encoding.Latin1.GetString(bytes);
                var verdict = Expect(lines, LogState.Damaged, $"{file}:{line} byte {at}");
                Assert.StartsWith($"{Path.GetFileName(_log.Files[file])}, line {line + 1}: ", verdict.Fault, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_line_that_was_moved_or_repeated_is_found()
    {
        foreach (var (file, line) in _log.Places)
        {
            var lines = Copy();
            lines[file] = [.. lines[file][..(line + 1)], .. lines[file][line..]];
            Expect(lines, LogState.Damaged, $"{file}:{line} repeated");
            if (line == 0)
                continue;
            lines = Copy();
            (lines[file][line], lines[file][line - 1]) = (lines[file][line - 1], lines[file][line]);
            Expect(lines, LogState.Damaged, $"{file}:{line} moved");
        }
    }

    [Fact]
    public void A_log_that_was_cut_off_at_any_line_or_within_it_is_not_whole()
    {
        foreach (var (file, line) in _log.Places)
        {
            foreach (var withinLine in new[] { false, true })
            {
                var lines = Copy();
                string[] kept = [.. lines[file][..line]];
                lines = [.. lines[..file], kept, .. lines[(file + 1)..].Select(_ => Array.Empty<string>())];
                _log.VerifyAs(lines, _log.Keys);
                if (withinLine)
                    File.AppendAllText(_log.Files[file], _log.Lines[file][line][..(1 + (line % 50))]);
                Assert.NotEqual(LogState.Whole, _log.Verify(_log.Keys).State);
                var isClosed = !withinLine && line > 0 && lines[file][line - 1].Contains("\"close\"", StringComparison.Ordinal); // only a signature tells that one more is to follow
                Assert.Equal(isClosed, _log.Verify(keys: null).State == LogState.Whole);
            }
        }
    }

    [Fact]
    public void A_chain_that_was_written_anew_from_any_line_on_has_no_signature_for_it()
    {
        foreach (var (file, line) in _log.Places)
        {
            var lines = Copy();
            lines[file][line] = lines[file][line].Replace("\"time\":\"2030", "\"time\":\"2031", StringComparison.Ordinal);
            WrittenLog.Rehash(lines);
            var isLast = file == lines.Length - 1 && line == _log.Lines[file].Length - 1; // the checkpoint's own line has nobody to vouch for it but its signature, which stands
            Expect(lines, isLast ? LogState.Whole : LogState.Damaged, $"{file}:{line} changed and all hashes after it");

            lines = [.. Copy().Select((all, number) => all.Where((text, i) => (number, i) != (file, line) && !text.Contains("\"checkpoint\"", StringComparison.Ordinal)).ToArray())];
            WrittenLog.Rehash(lines);
            Assert.NotEqual(LogState.Whole, _log.VerifyAs(lines, _log.Keys).State);
        }
    }

    [Fact]
    public void A_file_that_is_gone_or_in_anothers_place_is_found()
    {
        Expect([_log.Lines[0], [], _log.Lines[2]], LogState.Damaged, "the second is gone");
        Expect([[], _log.Lines[1], _log.Lines[2]], LogState.Damaged, "the first is gone");
        Expect([_log.Lines[0], _log.Lines[1], []], LogState.OpenEnd, "the last is gone");
        Expect([_log.Lines[0], _log.Lines[2], _log.Lines[1]], LogState.Damaged, "two are exchanged");
    }

    [Fact]
    public void A_line_that_is_known_stands_for_what_was_before_it_and_must_be_there()
    {
        var known = TipOf(_log.Lines[0][^1]);
        var later = TipOf(_log.Lines[1][3]);
        _log.VerifyAs([[], _log.Lines[1], _log.Lines[2]], _log.Keys);
        Assert.Equal(LogState.Whole, _log.Verify(_log.Keys, known).State);
        Assert.Equal(LogState.Whole, _log.Verify(_log.Keys, later).State);
        Assert.Equal(LogState.Damaged, _log.Verify(_log.Keys, known with { Hash = later.Hash }).State);
        Assert.Equal(LogState.Damaged, _log.Verify(_log.Keys, later with { Hash = known.Hash }).State);
        Assert.Equal(LogState.Damaged, _log.Verify(_log.Keys, known with { Sequence = known.Sequence - 1 }).State);
        _log.VerifyAs([_log.Lines[0], [], []], _log.Keys);
        Assert.Equal(LogState.Damaged, _log.Verify(_log.Keys, later).State); // the end behind which it was is gone
    }

    public void Dispose() => _log.Dispose();

    private static AuditTip TipOf(string line) =>
        AuditLine.TryRead(Encoding.ASCII.GetBytes(line), out var read, out _) ? new AuditTip(read.Sequence, read.Hash) : default;

    private string[][] Copy() => [.. _log.Lines.Select(lines => lines.ToArray())];

    private LogVerdict Expect(string[][] lines, LogState state, string what)
    {
        var verdict = _log.VerifyAs(lines, _log.Keys);
        Assert.True(verdict.State == state, $"{what}: {verdict}");
        return verdict;
    }
}
