using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Testing.Azure;

/// <summary>
/// A strict Azure Key Vault over TLS on 127.0.0.1: the Keys REST protocol (https://learn.microsoft.com/rest/api/keyvault/keys) with real
/// keys in memory, which outlive <see cref="StopAsync"/>, and a login authority of its own.
/// </summary>
[SuppressMessage("Usage", "CA2213", Justification = "StopAsync, which DisposeAsync calls, disposes of the application.")]
public sealed class KeyVaultServer : IAsyncDisposable
{
    private readonly KeyVaultSettings _settings;
    private readonly VaultKeyStore _store;
    private readonly VaultCertificate _certificate;
    private readonly VaultDoor _door;
    private readonly VaultPages _pages;
    private readonly ConcurrentQueue<VaultRequest> _requests = [];
    private WebApplication? _app;
    private int _port;

    private KeyVaultServer(KeyVaultSettings settings, TimeProvider clock)
    {
        _settings = settings;
        _store = new VaultKeyStore(settings, clock);
        _certificate = settings.HostName is { } host ? new VaultCertificate(host) : new VaultCertificate();
        Issuer = new TokenIssuer(settings, clock);
        _pages = new VaultPages(() => Address);
        var answers = new VaultAnswers(settings, () => Address);
        _door = new VaultDoor(settings, Issuer, Faults, new VaultOperations(settings, _store, answers), _store, answers, _pages);
    }

    /// <summary>Such as <c>https://127.0.0.1:12345</c>; with <see cref="KeyVaultSettings.HostName"/> under that name.</summary>
    public Uri Url => new(Address);

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port => _port;

    /// <summary>PEM of the certificate that clients have to trust.</summary>
    public string CertificateFile => _certificate.File;

    public TokenIssuer Issuer { get; }

    public VaultFaults Faults { get; } = new();

    /// <summary>Every request so far but those for tokens.</summary>
    public IReadOnlyCollection<VaultRequest> Requests => _requests;

    /// <summary>Where the vault says that the next page of a list is, given the truth.</summary>
    public Func<string, string>? NextPageRedirect
    {
        get => _pages.Redirect;
        set => _pages.Redirect = value;
    }

    private string Address => $"https://{_settings.HostName ?? "127.0.0.1"}:{_port}";

    /// <param name="clock">What the vault and its authority take for the time; null for the real one.</param>
    public static async Task<KeyVaultServer> StartAsync(
        KeyVaultSettings? settings = null, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        var server = new KeyVaultServer(settings ?? new KeyVaultSettings(), clock ?? TimeProvider.System);
        await server.StartAgainAsync(cancellationToken);
        return server;
    }

    /// <summary>Starts on the same port again, with the same keys.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 << 10;
            kestrel.Listen(IPAddress.Loopback, _port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(_certificate.Certificate);
            });
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync(cancellationToken);
        var address = _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        _port = new Uri(address).Port;
    }

    /// <summary>Drops every connection and listens no more.</summary>
    public async Task StopAsync()
    {
        if (_app is not { } app)
            return;
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await app.StopAsync(atOnce.Token);
        await app.DisposeAsync();
        _app = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _store.Dispose();
        _certificate.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        int status;
        JsonObject? body;
        try
        {
            (status, body) = Issuer.Owns(context.Request.Path)
                ? await Issuer.AnswerAsync(context, Address)
                : await _door.AnswerAsync(context, Address);
        }
        catch (VaultRefusal refusal)
        {
            (status, body) = (refusal.Status, VaultAnswers.Error(refusal.Code, refusal.Message, refusal.InnerCode));
        }

        if (!Issuer.Owns(context.Request.Path))
        {
            var request = context.Request;
            _requests.Enqueue(new VaultRequest(
                request.Method, request.Path + request.QueryString.ToString(), request.Headers.ContainsKey("Authorization"), request.ContentLength ?? 0, status));
        }

        if (status == 0 || context.Response.HasStarted)
            return;
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["x-ms-request-id"] = Guid.NewGuid().ToString();
        context.Response.Headers["x-ms-keyvault-region"] = "loopback";
        context.Response.Headers["x-ms-keyvault-service-version"] = "1.9.0.0";
        if (body is null)
            return;
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
