using System.Globalization;
using KeyService.Server.Configuration;
using KeyService.Server.Tests.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests;

/// <summary>The real server in this process: Kestrel on free ports of loopback, SoftHSM, a SQLite file of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly WebApplication _app;
    private readonly RequestCount _requests;

    private TestServer(DirectoryInfo folder, WebApplication app, RequestCount requests, Uri http, Uri grpc, Uri? https)
    {
        _folder = folder;
        _app = app;
        _requests = requests;
        Http = new HttpClient { BaseAddress = http };
        GrpcAddress = grpc;
        HttpsAddress = https;
        Grpc = new GrpcApi(grpc);
    }

    /// <summary>A client of the HTTP/1.1 port.</summary>
    public HttpClient Http { get; }

    public Uri GrpcAddress { get; }

    /// <summary>Where it listens with TLS, if it does.</summary>
    public Uri? HttpsAddress { get; }

    /// <summary>A client of the gRPC port.</summary>
    public GrpcApi Grpc { get; }

    /// <summary>How many requests have reached the server.</summary>
    public int RequestsBegun => _requests.Begun;

    /// <summary>How many requests the server has done with.</summary>
    public int RequestsEnded => _requests.Ended;

    public IServiceProvider Services => _app.Services;

    /// <param name="settings">Over the defaults, such as <c>("KeySets:default:Propagation", "2s")</c>, without "KeyService:".</param>
    public static async Task<TestServer> StartAsync(
        SoftHsmTokens tokens, TimeProvider? time = null, params (string Key, string Value)[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("keyservice-server-");
        var values = new Dictionary<string, string?>
        {
            ["KeyService:Listen:Http"] = "http://127.0.0.1:0",
            ["KeyService:Listen:Grpc"] = "http://127.0.0.1:0",
            ["KeyService:Storage:Path"] = Path.Combine(folder.FullName, "keyservice.db"),
            ["KeyService:Providers:softhsm:Type"] = "Pkcs11",
            ["KeyService:Providers:softhsm:Module"] = tokens.SoftHsm.Module,
            ["KeyService:Providers:softhsm:TokenLabel"] = tokens.Token.Label,
            ["KeyService:Providers:softhsm:PinFile"] = tokens.Token.PinFile,
            ["KeyService:KeySets:default:Signers:0:Algorithm"] = "ES256",
            ["KeyService:KeySets:default:Signers:0:Provider"] = "softhsm",
        };
        foreach (var (key, value) in settings)
            values[$"KeyService:{key}"] = value;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var clock = time is null ? TimeProvider.System : new LeapingClock(time);
        var app = KeyServiceHost.Build(SettingsLoader.Check(configuration, clock.GetUtcNow()), configuration, clock);
        var requests = new RequestCount();
        app.Use(requests.CountAsync);
        await app.Services.GetRequiredService<Startup>().RunAsync(CancellationToken.None);
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        return new TestServer(folder, app, requests, new Uri(addresses[0]), new Uri(addresses[1]), // in the order in which they listen
            addresses.FirstOrDefault(address => address.StartsWith("https:", StringComparison.Ordinal)) is { } https ? new Uri(https) : null);
    }

    /// <summary>Seconds since 1970, <paramref name="seconds"/> from now, as claims want them.</summary>
    public string Expiry(int seconds = 300) =>
        (_app.Services.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeSeconds() + seconds).ToString(CultureInfo.InvariantCulture);

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Grpc.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
