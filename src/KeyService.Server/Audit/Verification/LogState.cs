namespace KeyService.Server.Audit.Verification;

/// <summary>What a verification came to.</summary>
internal enum LogState
{
    /// <summary>Everything fits together up to an orderly stop. Where keys were given, a signature says so.</summary>
    Whole,

    /// <summary>What is there is whole, but nothing shows that it is all: the process runs or was killed, or the end was removed.</summary>
    OpenEnd,

    /// <summary>Something was changed, or is missing.</summary>
    Damaged,
}
