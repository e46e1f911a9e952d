using Amazon;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Amazon.SecurityToken;

namespace KeyService.Providers.Aws.Connection;

/// <summary>
/// Calls KMS, each call bounded in time and its failure put into the product's words, with what the SDK threw inside.
/// Nothing is tried again here: the guard around the provider does that, within the caller's deadline.
/// </summary>
internal sealed class KmsConnection : IDisposable
{
    private readonly AwsKmsOptions _options;
    private readonly TimeProvider _time;
    private readonly AWSCredentials? _credentials;
    private readonly PooledHttpClients _http;
    private readonly Lazy<AmazonKeyManagementServiceClient> _client;
    private AssumedRole? _role;

    /// <param name="credentials">Null for the SDK's default chain.</param>
    public KmsConnection(AwsKmsOptions options, AWSCredentials? credentials, TimeProvider time)
    {
        _options = options;
        _credentials = credentials;
        _time = time;
        _http = new PooledHttpClients(time);
        _client = new(CreateClient); // at first use: the SDK reads profile files
    }

    public TimeSpan? ClockSkew => _http.ClockSkew;

    public async Task<TAnswer> RunAsync<TAnswer>(
        Func<AmazonKeyManagementServiceClient, CancellationToken, Task<TAnswer>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var limit = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await call(_client.Value, either.Token);
        }
        catch (Exception failure) when (cancellationToken.IsCancellationRequested && failure is not AmazonServiceException { StatusCode: not 0 })
        {
            throw new OperationCanceledException("The caller cancelled.", failure, cancellationToken);
        }
        catch (OperationCanceledException failure)
        {
            throw Failures.TimedOut(failure);
        }
        catch (AmazonServiceException failure) when (failure.StatusCode != 0)
        {
            throw Failures.From(failure);
        }
        catch (Exception failure) when (failure is AmazonClientException or AmazonServiceException or HttpRequestException or IOException)
        {
            throw limit.IsCancellationRequested ? Failures.TimedOut(failure) : Failures.Unreachable(failure);
        }
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
            _client.Value.Dispose();
        _role?.Dispose();
        _http.Dispose();
    }

    private AmazonKeyManagementServiceClient CreateClient()
    {
        var config = Configured(new AmazonKeyManagementServiceConfig(), _options.Endpoint);
        if (_options.RoleArn is { } roleArn)
        {
            var sts = Configured(new AmazonSecurityTokenServiceConfig(), _options.StsEndpoint);
            sts.Timeout = _options.RequestTimeout; // a role is assumed outside of any one call's time
            _role = new AssumedRole(_credentials is null ? new AmazonSecurityTokenServiceClient(sts) : new(_credentials, sts), roleArn);
        }

        return (_role ?? _credentials) is { } credentials
            ? new AmazonKeyManagementServiceClient(credentials, config)
            : new AmazonKeyManagementServiceClient(config);
    }

    private TConfig Configured<TConfig>(TConfig config, string? endpoint)
        where TConfig : ClientConfig
    {
        config.MaxErrorRetry = 0;
        config.MaxStaleConnectionRetries = 0; // the SDK repeats every call whose connection broke, even CreateKey that was carried out
        config.RetryMode = RequestRetryMode.Standard; // never Adaptive, which holds requests back
        config.ThrottleRetries = false;
        config.HttpClientFactory = _http;
        if (endpoint is null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(_options.Region);
        }
        else
        {
            config.ServiceURL = endpoint;
            config.AuthenticationRegion = _options.Region;
        }

        return config;
    }
}
