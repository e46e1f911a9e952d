using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using KeyService.Core;
using KeyService.Providers.Azure.Authentication;

namespace KeyService.Providers.Azure.Protocol;

/// <summary>
/// The Keys REST protocol, version 7.4, over Azure.Core's pipeline: https://learn.microsoft.com/rest/api/keyvault/keys. Each call is
/// one request, sent once, in bounded time, with an answer of bounded size; each failure a <see cref="KeyServiceException"/>.
/// </summary>
internal sealed class VaultClient : IDisposable
{
    /// <summary>The oldest version that has all that is used here.</summary>
    public const string Version = "7.4";

    private const string ApiVersion = "api-version=" + Version;

    /// <summary>A page of 25 keys with the most tags there can be has under 400 KiB.</summary>
    private const int LargestAnswer = 1 << 20;

    private readonly Uri _vault;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _keyTimeout;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly HttpPipeline _pipeline;

    /// <param name="credential">Null for the one that the settings name.</param>
    /// <param name="connect">How to reach a host; null for DNS.</param>
    /// <exception cref="KeyServiceException">ProviderRejected: the trusted certificates cannot be read.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The transport owns nothing: the HttpClient in it is disposed with this client.")]
    public VaultClient(
        AzureKeyVaultOptions options,
        TokenCredential? credential,
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect,
        TimeProvider time)
    {
        _vault = options.VaultUri!; // the options were checked
        _timeout = options.RequestTimeout;
        _keyTimeout = options.KeyRequestTimeout;
        _time = time;
        var roots = options.TrustedCertificateFile is { } file ? TrustedRoots.FromFile(file) : null;
        _http = CreateHttp(roots, connect);
        var transport = new HttpClientTransport(_http);
        var policy = new ChallengePolicy(
            credential ?? Credentials.Create(options, transport), _vault, options.TokenResource, sendsTenant: options.TenantId is null);
        _pipeline = HttpPipelineBuilder.Build(new VaultClientOptions { Transport = transport }, policy);
    }

    public Task<TAnswer> GetAsync<TAnswer>(string path, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken) =>
        ReadAsync(RequestMethod.Get, Address(path), null, makesKey: false, answer, cancellationToken);

    /// <summary>The next page. Its address comes from the vault, and a token goes along, so it must be the same host's.</summary>
    public Task<TAnswer> GetNextAsync<TAnswer>(string link, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(link, UriKind.Absolute, out var url) || url.Scheme != _vault.Scheme || url.Authority != _vault.Authority || url.UserInfo.Length > 0)
            throw Failures.Rejected("The vault refers to another host for the next page.");
        return ReadAsync(RequestMethod.Get, url, null, makesKey: false, answer, cancellationToken);
    }

    /// <param name="makesKey">Takes the longer limit.</param>
    public Task<TAnswer> SendAsync<TBody, TAnswer>(
        RequestMethod method, string path, TBody body, bool makesKey, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken) =>
        ReadAsync(method, Address(path), JsonSerializer.SerializeToUtf8Bytes(body, bodyType), makesKey, answer, cancellationToken);

    public async Task DeleteAsync(string path, CancellationToken cancellationToken) =>
        await ExchangeAsync(RequestMethod.Delete, Address(path), null, makesKey: false, cancellationToken);

    /// <summary>Any GET, for the sake of its headers.</summary>
    public Task<VaultAnswer> AskAsync(string path, CancellationToken cancellationToken) =>
        ExchangeAsync(RequestMethod.Get, Address(path), null, makesKey: false, cancellationToken);

    public void Dispose() => _http.Dispose();

    private Uri Address(string path) => new(_vault, path + (path.Contains('?', StringComparison.Ordinal) ? '&' : '?') + ApiVersion);

    [SuppressMessage("Reliability", "CA2000", Justification = "The handler is disposed with its HttpClient.")]
    private static HttpClient CreateHttp(TrustedRoots? roots, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // a redirect would carry the token elsewhere
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // a failover of the vault moves its address
            ConnectCallback = connect,
        };
        if (roots is not null)
            sockets.SslOptions.RemoteCertificateValidationCallback = roots.Accept;
        return new HttpClient(sockets) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private async Task<TAnswer> ReadAsync<TAnswer>(
        RequestMethod method, Uri url, byte[]? body, bool makesKey, JsonTypeInfo<TAnswer> type, CancellationToken cancellationToken)
    {
        var answer = await ExchangeAsync(method, url, body, makesKey, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(answer.Body.Span, type) ?? throw Failures.Malformed("it is null");
        }
        catch (JsonException exception)
        {
            throw Failures.Malformed("it is not the JSON of the protocol", exception);
        }
    }

    private async Task<VaultAnswer> ExchangeAsync(RequestMethod method, Uri url, byte[]? body, bool makesKey, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(makesKey ? _keyTimeout : _timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var message = _pipeline.CreateMessage();
        message.BufferResponse = false; // it is read below, up to its limit
        message.Request.Method = method;
        message.Request.Uri.Reset(url);
        message.Request.Headers.Add("Accept", "application/json");
        if (body is not null)
        {
            message.Request.Headers.Add("Content-Type", "application/json");
            message.Request.Content = RequestContent.Create(body);
        }

        try
        {
            await _pipeline.SendAsync(message, either.Token);
            var answer = await BoundedBody.ReadAsync(message.Response.ContentStream, LargestAnswer, either.Token);
            return message.Response.Status is >= 200 and < 300
                ? new VaultAnswer(answer, message.Response.Headers.Date, Header(message.Response, "x-ms-keyvault-region"), Header(message.Response, "x-ms-keyvault-service-version"))
                : throw Failures.From(ErrorOf(message.Response, answer), RetryAfter(message.Response));
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && IsOutcomeOfGivingUp(exception))
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception) when (timeout.IsCancellationRequested && IsOutcomeOfGivingUp(exception))
        {
            throw Failures.TimedOut(makesKey ? nameof(AzureKeyVaultOptions.KeyRequestTimeout) : nameof(AzureKeyVaultOptions.RequestTimeout), exception);
        }
        catch (AuthenticationFailedException exception)
        {
            throw Failures.NoToken(exception);
        }
        catch (Exception exception) when (exception is RequestFailedException or HttpRequestException or IOException or OperationCanceledException)
        {
            throw Failures.NoAnswer(exception);
        }
    }

    /// <summary>Credentials and transports may wrap what a cancelled wait throws.</summary>
    private static bool IsOutcomeOfGivingUp(Exception exception) =>
        exception is OperationCanceledException or AuthenticationFailedException or RequestFailedException or HttpRequestException or IOException;

    private static VaultErrorException ErrorOf(Response response, ReadOnlyMemory<byte> answer)
    {
        ErrorBody? error = null;
        try
        {
            error = answer.IsEmpty ? null : JsonSerializer.Deserialize(answer.Span, VaultJson.Default.ErrorAnswer)?.Error;
        }
        catch (JsonException)
        {
            // A proxy's page or a truncated body: the status alone tells enough.
        }

        return new VaultErrorException(
            response.Status, error?.Code, error?.Inner?.Code, error?.Message, Header(response, "x-ms-request-id"));
    }

    private static string? Header(Response response, string name) => response.Headers.TryGetValue(name, out var value) ? value : null;

    /// <summary>RFC 9110 §10.2.3: seconds or a date. A 429 of Key Vault often lacks it.</summary>
    private TimeSpan? RetryAfter(Response response)
    {
        if (Header(response, "Retry-After") is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return TimeSpan.FromSeconds(seconds);
        return DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) && date - _time.GetUtcNow() is var wait && wait > TimeSpan.Zero
            ? wait
            : null;
    }
}
