namespace KeyService.Core.Recovery;

/// <summary>What becomes of a key that was found.</summary>
public enum RecoveredRole
{
    /// <summary>It signs now.</summary>
    Signs,

    /// <summary>It is published, and signs later.</summary>
    SignsLater,

    /// <summary>It is published until the last token that it may have signed has expired.</summary>
    Verifies,

    /// <summary>It is recorded as revoked, and destroyed after the retention.</summary>
    Revoked,

    /// <summary>It is in the record of the store already.</summary>
    Recorded,

    /// <summary>Nothing is done with it.</summary>
    LeftAlone,
}
