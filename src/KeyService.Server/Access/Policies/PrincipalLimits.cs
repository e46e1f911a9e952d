namespace KeyService.Server.Access.Policies;

/// <summary>How much of the service a principal may take, all of its callers together. Null for no limit.</summary>
/// <param name="RequestsPerSecond">1 to 1,000,000; each item of a batch counts. A second's worth may come at once.</param>
/// <param name="ConcurrentSigns">Signing calls at a time: 1 to 65,536.</param>
internal sealed record PrincipalLimits(int? RequestsPerSecond, int? ConcurrentSigns)
{
    public static readonly PrincipalLimits None = new(null, null);
}
