namespace KeyService.Server.Rotation;

/// <summary>A rotation as it was asked for, already checked.</summary>
internal sealed record RotateCommand(string? RequestId = null, bool Emergency = false, string? Reason = null)
{
    /// <summary>What a repetition with the same request id must ask for too.</summary>
    public string Fingerprint => Emergency ? "rotate:emergency" : "rotate";
}
