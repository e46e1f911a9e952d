using KeyService.Core.Keys;

namespace KeyService.Server.Configuration;

/// <summary>Section <c>Audit</c>; absent where there is no <c>Audit:Path</c>.</summary>
/// <param name="Path">The folder of the log, this process's own; it is made where it is absent.</param>
/// <param name="FailClosed">True: nothing is signed or changed whose line does not get to the disk. Default true, but false where the host's environment is Development.</param>
/// <param name="MaxWait">How long a call waits for its line to be on the disk. 10 ms to 1 min, default 2 s.</param>
/// <param name="MaxQueue">Lines that may wait for the disk. 1 to 65536, default 8192.</param>
/// <param name="MaxFileBytes">Size at which a new file is begun, besides each new day (UTC). 4 KiB to 2 GiB - 1, default 256 MiB.</param>
/// <param name="CheckpointKeySet">The key set that signs checkpoints; null for none.</param>
/// <param name="CheckpointInterval">Longest time between checkpoints while lines are written. 1 s to 1 d, default 1 min.</param>
/// <param name="CheckpointLines">Lines after which a checkpoint is due sooner, looked at once a second. 1 to 1000000, default 10000.</param>
internal sealed record AuditSettings(
    string Path, bool FailClosed, TimeSpan MaxWait, int MaxQueue, int MaxFileBytes, string? CheckpointKeySet, TimeSpan CheckpointInterval, int CheckpointLines)
{
    /// <param name="isDevelopment">Whether the host's environment is Development: there, a full disk need not stop the work.</param>
    public static AuditSettings? Read(SettingsReader section, bool isDevelopment)
    {
        var path = section.Text(nameof(Path));
        var settings = new AuditSettings(
            path ?? "",
            section.Has(nameof(FailClosed)) ? section.Flag(nameof(FailClosed)) : !isDevelopment,
            section.Duration(nameof(MaxWait), TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            section.Integer(nameof(MaxQueue), 8192, 1, 65536),
            section.Integer(nameof(MaxFileBytes), 256 << 20, 4 << 10, int.MaxValue),
            section.Text(nameof(CheckpointKeySet)),
            section.Duration(nameof(CheckpointInterval), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            section.Integer(nameof(CheckpointLines), 10_000, 1, 1_000_000));
        if (settings.CheckpointKeySet is { } keySet && !KeySetRules.IsName(keySet))
            section.Problem(nameof(CheckpointKeySet), KeySetRules.NameRule);
        if (path is null && section.HasAny)
            section.Problem(nameof(Path), "is missing: without it there is no audit log for the other settings of this section");
        section.RefuseOthers();
        return path is null ? null : settings;
    }
}
