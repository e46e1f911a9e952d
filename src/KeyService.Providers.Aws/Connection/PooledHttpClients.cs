using System.Diagnostics.CodeAnalysis;
using Amazon.Runtime;

namespace KeyService.Providers.Aws.Connection;

/// <summary>One HTTP client for all requests of a provider: the guard around the provider bounds how many there are at a time.</summary>
internal sealed class PooledHttpClients : HttpClientFactory, IDisposable
{
    private readonly ClockComparison _clocks;
    private readonly HttpClient _client;

    [SuppressMessage("Reliability", "CA2000", Justification = "The outer handler disposes of the inner.")]
    public PooledHttpClients(TimeProvider time)
    {
        _clocks = new ClockComparison(time)
        {
            InnerHandler = new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                ConnectTimeout = TimeSpan.FromSeconds(3),
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50), // below the minute after which load balancers close
                PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that a change of the endpoint's addresses is noticed
                UseCookies = false,
            },
        };
        _client = new HttpClient(_clocks) { Timeout = Timeout.InfiniteTimeSpan }; // each call has its own, from RequestTimeout
    }

    /// <summary>The clock of AWS less ours at the last answer; null before any.</summary>
    public TimeSpan? ClockSkew => _clocks.Skew;

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose()
    {
        _client.Dispose();
        _clocks.Dispose();
    }
}
