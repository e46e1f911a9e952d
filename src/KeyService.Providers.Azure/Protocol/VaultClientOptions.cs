using Azure.Core;

namespace KeyService.Providers.Azure.Protocol;

/// <summary>Azure.Core wants a type of one's own here. Its retries are off: the guard around every provider retries.</summary>
internal sealed class VaultClientOptions : ClientOptions
{
    public VaultClientOptions()
    {
        Retry.MaxRetries = 0;
        Retry.NetworkTimeout = Timeout.InfiniteTimeSpan; // RequestTimeout is kept by the client, which can tell it from the caller's cancellation
        Diagnostics.IsLoggingContentEnabled = false;
    }
}
