using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Protos.V1;
using KeyService.Testing;

namespace KeyService.Benchmarks;

/// <summary>A server process on a SoftHSM token.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    /// <summary>The key set that has a signer of each algorithm that is measured.</summary>
    public const string KeySet = "bench";

    /// <summary>Of a message that is signed whole, as Ed25519 does: a digest's size, since what is measured is the way.</summary>
    public const int MessageBytes = 32;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly GrpcChannel _channel;
    private readonly HttpClient _http = new();

    private BenchServer(Process server, Uri http, Uri grpc, string database)
    {
        (Process, Http, Grpc, Database) = (server, http, grpc, database);
        _channel = GrpcChannel.ForAddress(grpc);
    }

    public Uri Http { get; }

    public Uri Grpc { get; }

    /// <summary>The server's database file.</summary>
    public string Database { get; }

    /// <summary>From the start of the process until it was ready.</summary>
    public TimeSpan ReadyTook { get; private set; }

    /// <summary>From the start of the process until a caller, who asked again and again, had a signature.</summary>
    public TimeSpan FirstSignatureTook { get; private set; }

    public Process Process { get; }

    /// <summary>Of the server process, since its start.</summary>
    public TimeSpan ProcessorTime => Process.Refreshed().TotalProcessorTime;

    /// <summary>Of the server process.</summary>
    public long ResidentBytes => Process.Refreshed().WorkingSet64;

    /// <param name="keySets">How many there are besides <see cref="KeySet"/>; see <see cref="ManyKeySets"/>.</param>
    /// <param name="verify">The provider's <c>VerifySignatures</c>; null leaves the default.</param>
    public static async Task<BenchServer> StartAsync(BenchToken token, string serverDll, string name, int keySets = 0, int keysInEach = 3, string? verify = null, bool audited = false)
    {
        var database = Path.Combine(token.Folder, name + ".db");
        if (keySets > 0)
            await ManyKeySets.WriteAsync(database, keySets, keysInEach, await token.Provider.CreateKeyAsync("bench/shared", new KeySpec(SigningAlgorithm.ES256, 0), CancellationToken.None));
        var (http, grpc) = FreePorts.Two();
        var start = new ProcessStartInfo("dotnet", [serverDll]);
        foreach (var (variable, value) in Settings(token, database, http, grpc))
            start.Environment[variable] = value;
        if (verify is not null)
            start.Environment["KeyService__Providers__softhsm__VerifySignatures"] = verify;
        if (audited)
            start.Environment["KeyService__Audit__Path"] = Path.Combine(token.Folder, name + "-audit");
        return await StartAsync(start, new Uri($"http://127.0.0.1:{http}"), new Uri($"http://127.0.0.1:{grpc}"), database);
    }

    /// <summary>What the server itself counted, by the name and the labels of its <c>/metrics</c>: load generators take gRPC errors for answers.</summary>
    public async Task<double> CountedAsync(string metric, string label = "")
    {
        var text = await _http.GetStringAsync(new Uri(Http, "/metrics"));
        return text.Split('\n')
            .Where(line => line.StartsWith(metric, StringComparison.Ordinal) && line.Length > metric.Length && line[metric.Length] is '{' or ' ' && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
    }

    /// <summary>Signatures that were made and handed out.</summary>
    public Task<double> SignaturesAsync() => CountedAsync("keyservice_provider_signatures_total", "outcome=\"OK\"");

    /// <summary>One signature through a client of .NET.</summary>
    public Func<Task> Sign(SigningAlgorithm algorithm)
    {
        var client = new SigningService.SigningServiceClient(_channel);
        var request = SigningCall.Request(algorithm);
        return () => client.SignAsync(request).ResponseAsync;
    }

    /// <summary>A signature for one of <paramref name="keySets"/> after the other.</summary>
    public Func<Task> SignForEach(int keySets)
    {
        var client = new SigningService.SigningServiceClient(_channel);
        var input = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(MessageBytes));
        var next = -1;
        return () => client.SignAsync(new SignRequest { KeySet = ManyKeySets.NameOf(Interlocked.Increment(ref next) % keySets), Digest = input }).ResponseAsync;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _channel.Dispose();
        Process.Kill(entireProcessTree: true);
        await Process.WaitForExitAsync();
        Process.Dispose();
    }

    private static Dictionary<string, string> Settings(BenchToken token, string database, int http, int grpc) => new(token.Environment)
    {
        ["KeyService__Listen__Http"] = $"http://127.0.0.1:{http}",
        ["KeyService__Listen__Grpc"] = $"http://127.0.0.1:{grpc}",
        ["KeyService__Storage__Path"] = database,
        ["KeyService__Providers__softhsm__Type"] = "Pkcs11",
        ["KeyService__Providers__softhsm__Module"] = token.Options.Module,
        ["KeyService__Providers__softhsm__TokenLabel"] = token.Options.TokenLabel,
        ["KeyService__Providers__softhsm__PinFile"] = token.Options.PinFile,
        ["KeyService__KeySets__bench__Signers__0__Algorithm"] = "ES256",
        ["KeyService__KeySets__bench__Signers__1__Algorithm"] = "RS256",
        ["KeyService__KeySets__bench__Signers__2__Algorithm"] = "Ed25519",
        ["KeyService__DefaultKeySet"] = KeySet,
        ["Logging__LogLevel__Default"] = "Error",
    };

    private static async Task<BenchServer> StartAsync(ProcessStartInfo start, Uri http, Uri grpc, string database)
    {
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        var server = new BenchServer(process, http, grpc, database);
        await server.AskAgainAsync(began, server.Sign(SigningAlgorithm.ES256));
        server.FirstSignatureTook = Stopwatch.GetElapsedTime(began);
        await server.AskAgainAsync(began, async () => (await server._http.GetAsync(new Uri(http, "/health/ready"))).EnsureSuccessStatusCode().Dispose());
        server.ReadyTook = Stopwatch.GetElapsedTime(began);
        return server;
    }

    private async Task AskAgainAsync(long began, Func<Task> call)
    {
        while (Stopwatch.GetElapsedTime(began) < StartLimit)
        {
            if (Process.HasExited)
                throw new InvalidOperationException($"The server ended with {Process.ExitCode}.");
            try
            {
                await call();
                return;
            }
            catch (Exception e) when (e is RpcException { StatusCode: StatusCode.Unavailable } or HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5)); // not listening, or not ready yet
            }
        }

        throw new TimeoutException("The server did not get ready.");
    }
}
