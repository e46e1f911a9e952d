using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Net.Client;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Protos.V1;
using KeyService.Providers.Pkcs11;
using KeyService.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Benchmarks;

/// <summary>Two server processes on one SoftHSM token, without and with an audit log, and the same token in this process.</summary>
internal sealed class Setup : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly SoftHsm _softHsm;
    private readonly Process[] _servers;
    private readonly Pkcs11KeyProvider _provider;
    private readonly GrpcChannel _channel;
    private readonly GrpcChannel _audited;

    private Setup(SoftHsm softHsm, Pkcs11KeyProvider provider, (Process Process, Uri Grpc) plain, (Process Process, Uri Grpc) audited)
    {
        _softHsm = softHsm;
        _servers = [plain.Process, audited.Process];
        _provider = provider;
        _channel = GrpcChannel.ForAddress(plain.Grpc);
        _audited = GrpcChannel.ForAddress(audited.Grpc);
    }

    public static async Task<Setup> StartAsync(string serverDll)
    {
        var softHsm = SoftHsm.Create();
        SoftHsm.UseInThisProcess(softHsm.Folder);
        var token = await softHsm.AddTokenAsync("bench", CancellationToken.None);
        var plain = await StartServerAsync(serverDll, softHsm, token, "plain", audit: null);
        var audited = await StartServerAsync(serverDll, softHsm, token, "audited", Path.Combine(softHsm.Folder, "audit"));
        var options = new Pkcs11Options { Module = softHsm.Module, TokenLabel = token.Label, PinFile = token.PinFile };
        return new Setup(softHsm, new Pkcs11KeyProvider("bench", options, NullLogger<Pkcs11KeyProvider>.Instance, TimeProvider.System), plain, audited);
    }

    /// <summary>One signature by the provider in this process.</summary>
    public async Task<Func<Task>> RawAsync(SigningAlgorithm algorithm)
    {
        var key = await _provider.CreateKeyAsync(
            $"bench/{algorithm.Name.ToLowerInvariant()}", new KeySpec(algorithm, algorithm.KeyType == "RSA" ? 2048 : 0), CancellationToken.None);
        var input = RandomNumberGenerator.GetBytes(algorithm.TakesDigest ? algorithm.DigestLength : 32);
        return () => _provider.SignAsync(key.Handle, algorithm, input, CancellationToken.None).AsTask();
    }

    /// <summary>The same signature through the service.</summary>
    public Func<Task> Grpc(SigningAlgorithm algorithm, bool audited = false)
    {
        var client = new SigningService.SigningServiceClient(audited ? _audited : _channel);
        var input = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32));
        var request = algorithm.TakesDigest
            ? new SignRequest { KeySet = "bench", Digest = input, Algorithm = algorithm.Name }
            : new SignRequest { KeySet = "bench", Message = input, Algorithm = algorithm.Name };
        return () => client.SignAsync(request).ResponseAsync;
    }

    /// <summary>What a server has used of the processors so far: other than rates, it hardly depends on who else is at work here.</summary>
    public TimeSpan ProcessorTime(bool audited)
    {
        var server = _servers[audited ? 1 : 0];
        server.Refresh();
        return server.TotalProcessorTime;
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        _audited.Dispose();
        await _provider.DisposeAsync();
        foreach (var server in _servers)
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync();
            server.Dispose();
        }

        _softHsm.Dispose();
    }

    private static async Task<(Process Process, Uri Grpc)> StartServerAsync(string serverDll, SoftHsm softHsm, SoftHsmToken token, string name, string? audit)
    {
        var (http, grpc) = (FreePort(), FreePort());
        var settings = new Dictionary<string, string>(softHsm.Environment)
        {
            ["KeyService__Listen__Http"] = $"http://127.0.0.1:{http}",
            ["KeyService__Listen__Grpc"] = $"http://127.0.0.1:{grpc}",
            ["KeyService__Storage__Path"] = Path.Combine(softHsm.Folder, $"{name}.db"),
            ["KeyService__Providers__softhsm__Type"] = "Pkcs11",
            ["KeyService__Providers__softhsm__Module"] = softHsm.Module,
            ["KeyService__Providers__softhsm__TokenLabel"] = token.Label,
            ["KeyService__Providers__softhsm__PinFile"] = token.PinFile,
            ["KeyService__KeySets__bench__Signers__0__Algorithm"] = "ES256",
            ["KeyService__KeySets__bench__Signers__1__Algorithm"] = "RS256",
            ["KeyService__KeySets__bench__Signers__2__Algorithm"] = "Ed25519",
            ["Logging__LogLevel__Default"] = "Warning",
        };
        if (audit is not null)
            settings["KeyService__Audit__Path"] = audit;
        var start = new ProcessStartInfo("dotnet", [serverDll]);
        foreach (var (variable, value) in settings)
            start.Environment[variable] = value;
        var server = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        await ReadyAsync(server, new Uri($"http://127.0.0.1:{http}/health/ready"));
        return (server, new Uri($"http://127.0.0.1:{grpc}"));
    }

    private static async Task ReadyAsync(Process server, Uri url)
    {
        using var client = new HttpClient();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < StartLimit)
        {
            if (server.HasExited)
                throw new InvalidOperationException($"The server ended with {server.ExitCode}.");
            try
            {
                using var answer = await client.GetAsync(url);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // not listening yet
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        throw new TimeoutException("The server did not get ready.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
