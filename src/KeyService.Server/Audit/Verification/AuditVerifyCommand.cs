using System.Buffers.Text;
using System.CommandLine;
using System.Globalization;
using KeyService.Core.Audit;

namespace KeyService.Server.Audit.Verification;

/// <summary><c>keyservice audit verify</c>: needs the log's folder only, no settings, no service and no network.</summary>
internal static class AuditVerifyCommand
{
    private const int Usage = 1;

    public static Command Make()
    {
        var path = new Argument<DirectoryInfo>("path") { Description = "The folder of the log (setting Audit:Path), or a copy of it." };
        var jwks = new Option<FileInfo[]>("--jwks") { Description = "A JWKS with the keys that signed the checkpoints. Given several times, all count: keep those of keys that are gone.", AllowMultipleArgumentsPerToken = false };
        var from = new Option<long?>("--from") { Description = "Number of a line that is known from elsewhere: what is before it may be gone." };
        var hash = new Option<string?>("--hash") { Description = "The hash of that line." };
        var verify = new Command("verify", "Finds the first line of an audit log that was removed, changed, moved or added.") { path, jwks, from, hash };
        verify.SetAction(parsed => Run(
            parsed.InvocationConfiguration, parsed.GetRequiredValue(path), parsed.GetValue(jwks) ?? [], parsed.GetValue(from), parsed.GetValue(hash)));
        return verify;
    }

    private static int Run(InvocationConfiguration terms, DirectoryInfo folder, FileInfo[] jwks, long? from, string? hash)
    {
        try
        {
            if (from is null != (hash is null))
                return Refuse(terms.Error, "--from and --hash go together: the number of a line that is known, and its hash.");
            if (hash is not null && (from < 0 || hash.Length != AuditFormat.HashLength || !Base64Url.IsValid(hash)))
                return Refuse(terms.Error, $"--from is the number of a line and --hash its hash, of {AuditFormat.HashLength} characters.");
            using var keys = jwks.Length == 0 ? null : new CheckpointKeys();
            foreach (var file in jwks)
                keys!.Add(File.ReadAllBytes(file.FullName)); // it is there where there are files
            return Tell(terms.Output, LogVerification.Verify(folder.FullName, keys, from is { } known ? new AuditTip(known, hash!) : null)); // they go together
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return Refuse(terms.Error, e.Message);
        }
    }

    private static int Tell(TextWriter output, LogVerdict verdict)
    {
        output.WriteLine(verdict.State switch
        {
            LogState.Whole => "WHOLE: every line follows from the one before, and the log ends with an orderly stop.",
            LogState.OpenEnd => "OPEN END: every line follows from the one before, but the log does not end with an orderly stop. The service runs, or was killed, or the end was removed or written anew.",
            _ => $"DAMAGED: {verdict.Fault}",
        });
        if (verdict.Last > 0)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Lines {verdict.First} to {verdict.Last} of instance {verdict.Instance} are whole, in {verdict.Files} files."));
        output.WriteLine(verdict switch
        {
            { Checkpoints: 0 } => "No checkpoint vouches for them.",
            { SignaturesVerified: false } => string.Create(CultureInfo.InvariantCulture, $"{verdict.Checkpoints} checkpoints agree with them up to line {verdict.Covered}; their signatures were not verified, for want of --jwks."),
            _ => string.Create(CultureInfo.InvariantCulture, $"{verdict.Checkpoints} checkpoints, whose signatures verify, vouch for them up to line {verdict.Covered}."),
        });
        return verdict.State switch
        {
            LogState.Whole => 0,
            LogState.OpenEnd => 3,
            _ => 2,
        };
    }

    private static int Refuse(TextWriter error, string why)
    {
        error.WriteLine(why);
        return Usage;
    }
}
