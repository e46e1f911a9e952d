namespace KeyService.Core.Keys;

/// <summary>What a key may do at an instant, after NIST SP 800-57 part 1 §7. Derived from its dates, never stored.</summary>
public enum KeyState
{
    /// <summary>Published, not yet signing.</summary>
    PreActive,

    /// <summary>Published and signing.</summary>
    Active,

    /// <summary>Published for verification only.</summary>
    Deactivated,

    /// <summary>No longer published; the private key is kept for the retention.</summary>
    Retired,

    /// <summary>The private key is gone, or due to be destroyed.</summary>
    Destroyed,

    /// <summary>Revoked: neither published nor signing, from any state at once.</summary>
    Compromised,
}
