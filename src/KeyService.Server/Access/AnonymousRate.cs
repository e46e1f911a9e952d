using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using KeyService.Core;
using KeyService.Server.Configuration;

namespace KeyService.Server.Access;

/// <summary>Holds those who need not say who they are, the readers of public keys, to a rate for each address they come from.</summary>
internal sealed class AnonymousRate(ServerSettings settings) : IDisposable
{
    private const int NetworkBytes = 8; // of an IPv6 address: one machine has all the rest to itself
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly PartitionedRateLimiter<IPAddress> _limiter = PartitionedRateLimiter.Create<IPAddress, UInt128>(address =>
        RateLimitPartition.GetTokenBucketLimiter(KeyOf(address), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = settings.Limits.AnonymousRequestsPerSecond,
            TokensPerPeriod = settings.Limits.AnonymousRequestsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        }));

    /// <summary>Callers on this machine are not counted: among them are proxies, behind which many addresses look like one.</summary>
    /// <exception cref="KeyServiceException">CallerThrottled.</exception>
    public void Take(IPAddress? address)
    {
        if (address is null || IPAddress.IsLoopback(address))
            return;
        using var lease = _limiter.AttemptAcquire(address);
        if (!lease.IsAcquired)
            throw new KeyServiceException(KeyServiceError.CallerThrottled, "Too many requests come from this address.") { RetryAfter = RetryAfter };
    }

    public void Dispose() => _limiter.Dispose();

    private static UInt128 KeyOf(IPAddress address)
    {
        var mapped = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var bytes = mapped.GetAddressBytes();
        return mapped.AddressFamily == AddressFamily.InterNetwork
            ? BitConverter.ToUInt32(bytes)
            : (UInt128)BitConverter.ToUInt64(bytes.AsSpan(0, NetworkBytes)) << 64;
    }
}
