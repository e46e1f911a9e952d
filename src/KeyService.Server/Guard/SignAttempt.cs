using KeyService.Server.Signing;

namespace KeyService.Server.Guard;

/// <summary>A signature that is asked of one provider.</summary>
/// <param name="KeySet">In whose line the call waits.</param>
/// <param name="TimeLeft">Until the caller gives up.</param>
/// <param name="HasOtherHome">
/// True where another provider can sign as well: then this one gets a share of the time only and no second try, since the
/// other is the quicker way out.
/// </param>
internal readonly record struct SignAttempt(string KeySet, GuardedKey Key, SignerInput Input, TimeSpan TimeLeft, bool HasOtherHome)
{
    /// <summary>How long a call takes at the most whose caller set no deadline.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
}
