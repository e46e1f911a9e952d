using System.Diagnostics;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Net.Client;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Protos.V1;
using KeyService.Testing;

namespace KeyService.Benchmarks;

/// <summary>A server process on a SoftHSM token, and the same token in this process.</summary>
internal sealed class Setup : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly BenchToken _token;
    private readonly Process _server;
    private readonly GrpcChannel _channel;

    private Setup(BenchToken token, Process server, GrpcChannel channel)
    {
        _token = token;
        _server = server;
        _channel = channel;
    }

    /// <summary>From the start of the process until it was ready.</summary>
    public TimeSpan StartTook { get; private init; }

    /// <summary>The server's database file.</summary>
    public required string Database { get; init; }

    /// <summary>Of the server process, since its start.</summary>
    public TimeSpan ProcessorTime => Refreshed().TotalProcessorTime;

    /// <summary>Of the server process.</summary>
    public long ResidentBytes => Refreshed().WorkingSet64;

    /// <param name="keySets">How many there are besides the one of the settings; see <see cref="ManyKeySets"/>.</param>
    /// <param name="audited">Whether it writes an audit log.</param>
    public static async Task<Setup> StartAsync(BenchToken token, string serverDll, int keySets = 0, bool audited = false)
    {
        var database = Path.Combine(token.Folder, audited ? "audited.db" : $"bench-{keySets}.db");
        if (keySets > 0)
            await ManyKeySets.WriteAsync(database, keySets, await token.Provider.CreateKeyAsync("bench/shared", new KeySpec(SigningAlgorithm.ES256, 0), CancellationToken.None));
        var (http, grpc) = FreePorts.Two();
        var settings = new Dictionary<string, string>(token.Environment)
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
            ["Logging__LogLevel__Default"] = "Warning",
        };
        if (audited)
            settings["KeyService__Audit__Path"] = Path.Combine(token.Folder, "audit");
        var start = new ProcessStartInfo("dotnet", [serverDll]);
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var began = Stopwatch.GetTimestamp();
        var server = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        await ReadyAsync(server, new Uri($"http://127.0.0.1:{http}/health/ready"));
        return new Setup(token, server, GrpcChannel.ForAddress($"http://127.0.0.1:{grpc}")) { Database = database, StartTook = Stopwatch.GetElapsedTime(began) };
    }

    /// <summary>One signature by the provider in this process.</summary>
    public async Task<Func<Task>> RawAsync(SigningAlgorithm algorithm)
    {
        var key = await _token.Provider.CreateKeyAsync(
            $"bench/{algorithm.Name.ToLowerInvariant()}", new KeySpec(algorithm, algorithm.KeyType == "RSA" ? 2048 : 0), CancellationToken.None);
        var input = RandomNumberGenerator.GetBytes(algorithm.TakesDigest ? algorithm.DigestLength : 32);
        return () => _token.Provider.SignAsync(key.Handle, algorithm, input, CancellationToken.None).AsTask();
    }

    /// <summary>The same signature through the service.</summary>
    public Func<Task> Grpc(SigningAlgorithm algorithm)
    {
        var client = new SigningService.SigningServiceClient(_channel);
        var input = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32));
        var request = algorithm.TakesDigest
            ? new SignRequest { KeySet = "bench", Digest = input, Algorithm = algorithm.Name }
            : new SignRequest { KeySet = "bench", Message = input, Algorithm = algorithm.Name };
        return () => client.SignAsync(request).ResponseAsync;
    }

    /// <summary>A signature for one of <paramref name="keySets"/> after the other.</summary>
    public Func<Task> Sign(int keySets)
    {
        var client = new SigningService.SigningServiceClient(_channel);
        var input = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32));
        var next = -1;
        return () => client.SignAsync(new SignRequest { KeySet = ManyKeySets.NameOf(Interlocked.Increment(ref next) % keySets), Digest = input }).ResponseAsync;
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        _server.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

    private Process Refreshed()
    {
        _server.Refresh();
        return _server;
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
}
