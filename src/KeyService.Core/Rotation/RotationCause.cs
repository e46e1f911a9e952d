namespace KeyService.Core.Rotation;

/// <summary>Why a key is made, as far as its dates depend on it.</summary>
public enum RotationCause
{
    /// <summary>Someone asked for it.</summary>
    Request,

    /// <summary>The rotation period is coming to its end.</summary>
    Period,

    /// <summary>It has to sign at once, whatever verifiers have cached.</summary>
    Emergency,
}
