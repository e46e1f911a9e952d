using System.Security.Cryptography;
using System.Text;
using KeyService.Core.Audit;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Server.Audit;
using KeyService.Server.Audit.Verification;
using KeyService.Testing;

namespace KeyService.Server.Tests.Audit;

/// <summary>A log of three files on disk, written by the product, with checkpoints and an orderly end; its lines, to be damaged.</summary>
internal sealed class WrittenLog : IDisposable
{
    private const int Records = 44;
    private const int CheckpointEvery = 9;
    private const int FileBytes = 6000;
    private readonly TemporaryDirectory _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Jwk _publicKey;

    public WrittenLog()
    {
        _publicKey = Jwk.FromSubjectPublicKeyInfo(_key.ExportSubjectPublicKeyInfo());
        Keys.Add(JwksDocument.Write([new JwksEntry(_publicKey.Thumbprint(), SigningAlgorithm.ES256, _publicKey)]));
        var clock = new ManualClock();
        using (var journal = new AuditJournal(_folder.Path, FileBytes, clock))
        {
            for (var i = 1; i <= Records; i++)
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                journal.Write([Line(i, clock)], lost: null);
                if (i % CheckpointEvery == 0)
                    journal.Write([Checkpoint(journal, clock)], lost: null);
            }

            journal.Write([new AuditRecord { Time = clock.GetUtcNow(), Event = AuditEvent.Close }], lost: null);
            journal.Write([Checkpoint(journal, clock)], lost: null);
        }

        Files = [.. AuditFormat.InOrder(Directory.EnumerateFiles(_folder.Path))];
        Lines = [.. Files.Select(file => File.ReadAllText(file, Encoding.ASCII).Split('\n')[..^1])];
    }

    public CheckpointKeys Keys { get; } = new();

    public string[] Files { get; }

    /// <summary>Of each file, without their ends.</summary>
    public string[][] Lines { get; }

    public string Folder => _folder.Path;

    /// <summary>Every line by its place.</summary>
    public IEnumerable<(int File, int Line)> Places =>
        Lines.SelectMany((lines, file) => lines.Select((_, line) => (file, line)));

    /// <summary>Writes the files with other lines; a file without lines is left out.</summary>
    public LogVerdict VerifyAs(string[][] lines, CheckpointKeys? keys)
    {
        for (var file = 0; file < Files.Length; file++)
        {
            File.Delete(Files[file]);
            if (lines[file].Length > 0)
                File.WriteAllText(Files[file], string.Concat(lines[file].Select(line => line + "\n")), Encoding.Latin1);
        }

        return Verify(keys);
    }

    public LogVerdict Verify(CheckpointKeys? keys, AuditTip? from = null) => LogVerification.Verify(_folder.Path, keys, from);

    /// <summary>Puts right every hash from a place on, as someone would who can write the files but not sign.</summary>
    public static void Rehash(string[][] lines)
    {
        var tip = AuditTip.Start;
        foreach (var file in lines)
        {
            for (var i = 0; i < file.Length; i++)
            {
                var body = file[i][..file[i].IndexOf(",\"prev\":", StringComparison.Ordinal)];
                body = $"{{\"seq\":{tip.Sequence + 1}{body[body.IndexOf(',', StringComparison.Ordinal)..]},\"prev\":\"{tip.Hash}\"";
                tip = new AuditTip(tip.Sequence + 1, AuditFormat.HashOf(Encoding.Latin1.GetBytes(body)));
                file[i] = $"{body},\"hash\":\"{tip.Hash}\"}}";
            }
        }
    }

    public void Dispose()
    {
        Keys.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    private static AuditRecord Line(int number, ManualClock clock) => new()
    {
        Time = clock.GetUtcNow(),
        Event = AuditEvent.End,
        Method = "Sign",
        Principal = "spiffe://example.org/orders",
        KeySet = "orders",
        InputHash = AuditFormat.HashOf(BitConverter.GetBytes(number)),
        Outcome = "OK",
    };

    private AuditRecord Checkpoint(AuditJournal journal, ManualClock clock)
    {
        var statement = new CheckpointStatement(journal.Instance, journal.Tip, clock.GetUtcNow());
        var input = CompactJws.SigningInput(new JwsHeader(SigningAlgorithm.ES256, _publicKey.Thumbprint(), CheckpointStatement.Type), statement.Write());
        return new AuditRecord
        {
            Time = clock.GetUtcNow(),
            Event = AuditEvent.Checkpoint,
            Jws = CompactJws.Assemble(input, _key.SignData(input, HashAlgorithmName.SHA256)),
        };
    }
}
