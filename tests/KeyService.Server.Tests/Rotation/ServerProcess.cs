using System.Diagnostics;
using System.Text.Json;
using KeyService.Server.Tests.Client;
using KeyService.Testing;

namespace KeyService.Server.Tests.Rotation;

/// <summary>The server as an operator starts it: a process of its own that can be killed and started again on what it left.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int KeptLines = 100;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);
    private readonly SoftHsm? _softHsm;
    private readonly bool _ownsSoftHsm;
    private readonly string _settings;
    private readonly Queue<string> _lines = new();
    private readonly List<(DateTimeOffset From, DateTimeOffset Until)> _absences = [];
    private DateTimeOffset _awaySince = DateTimeOffset.MinValue;
    private Process? _process;

    private ServerProcess(SoftHsm? softHsm, bool ownsSoftHsm, string settings, Uri http, Uri grpc)
    {
        _softHsm = softHsm;
        _ownsSoftHsm = ownsSoftHsm;
        _settings = settings;
        Http = new HttpClient { BaseAddress = http, Timeout = TimeSpan.FromSeconds(10) };
        Grpc = new GrpcApi(grpc);
    }

    public HttpClient Http { get; }

    public GrpcApi Grpc { get; }

    /// <summary>Environment variables of the next start, such as <c>KeyService__Audit__Path</c>.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Its SQLite file, where it was prepared with one.</summary>
    public string Database => Path.Combine(Token.Folder, "keyservice.db");

    /// <summary>The last lines that it wrote, over all its starts.</summary>
    public string Output
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    private SoftHsm Token => _softHsm ?? throw new InvalidOperationException("It was prepared without a token.");

    /// <summary>Prepares a server with a token and a database of its own; it does not run yet.</summary>
    /// <param name="keySet">Settings of the key set "soak".</param>
    public static async Task<ServerProcess> PrepareAsync(IReadOnlyDictionary<string, string> keySet, CancellationToken cancellationToken)
    {
        var softHsm = SoftHsm.Create();
        var token = await softHsm.AddTokenAsync("soak", cancellationToken);
        var storage = new { Path = Path.Combine(softHsm.Folder, "keyservice.db"), RefreshInterval = "100ms" };
        return await PrepareAsync(softHsm, ownsSoftHsm: true, token, storage, keySet, cancellationToken);
    }

    /// <summary>Prepares one of several servers on one token and one store.</summary>
    /// <param name="token">"soak", in <paramref name="shared"/>, which must outlive the servers.</param>
    /// <param name="storage">Section Storage of the settings.</param>
    public static Task<ServerProcess> PrepareReplicaAsync(
        SoftHsm shared, SoftHsmToken token, object storage, IReadOnlyDictionary<string, string> keySet, CancellationToken cancellationToken) =>
        PrepareAsync(shared, ownsSoftHsm: false, token, storage, keySet, cancellationToken);

    /// <summary>Prepares a server on the settings file of someone else, at ports of its own. It has no token here.</summary>
    public static ServerProcess PrepareOn(string settings)
    {
        var (http, grpc) = FreePorts.Two();
        var server = new ServerProcess(softHsm: null, ownsSoftHsm: false, settings, new Uri($"http://127.0.0.1:{http}"), new Uri($"http://127.0.0.1:{grpc}"));
        server.Variables["KeyService__Listen__Http"] = $"http://127.0.0.1:{http}";
        server.Variables["KeyService__Listen__Grpc"] = $"http://127.0.0.1:{grpc}";
        return server;
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(dotnet, [typeof(KeyServiceHost).Assembly.Location, "--config", _settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in (_softHsm?.Environment ?? new Dictionary<string, string>()).Concat(Variables))
            start.Environment[name] = value;
        _process = Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        while (!await IsReadyAsync(limit.Token))
        {
            Assert.False(_process.HasExited, $"The server ended by itself.\n{Output}");
            await Task.Delay(20, limit.Token);
        }

        _absences.Add((_awaySince, TimeProvider.System.GetUtcNow()));
    }

    /// <summary>SIGKILL: it gets no chance to finish anything.</summary>
    public async Task KillAsync()
    {
        var process = _process ?? throw new InvalidOperationException("It does not run.");
        Assert.False(process.HasExited, $"The server ended by itself.\n{Output}");
        _awaySince = TimeProvider.System.GetUtcNow();
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
        _process = null;
    }

    /// <summary>True where it was killed, or not ready again, at any moment of the time given. Not while it is being started.</summary>
    public bool WasAway(DateTimeOffset from, DateTimeOffset until) => _absences.Exists(absence => absence.From <= until && from <= absence.Until);

    /// <summary>What was read of the token, as the tool put it.</summary>
    public string Listing { get; private set; } = "";

    /// <summary>The labels of all private and of all public keys in the token, as another tool reads them; empty for one that has none.</summary>
    public async Task<(string[] Private, string[] Public)> ReadLabelsAsync(CancellationToken cancellationToken)
    {
        var pin = Directory.EnumerateFiles(Token.Folder, "*.pin").Single();
        return (await ReadAsync("privkey"), await ReadAsync("pubkey"));

        async Task<string[]> ReadAsync(string type)
        {
            var run = await ProcessRun.RunAsync(
                "pkcs11-tool",
                ["--module", Token.Module, "--token-label", "soak", "--login", "--pin", (await File.ReadAllTextAsync(pin, cancellationToken)).Trim(), "--list-objects", "--type", type],
                TimeSpan.FromSeconds(30), environment: Token.Environment, cancellationToken: cancellationToken);
            Assert.True(run.ExitCode == 0, run.Output);
            Listing += run.Output;
            string[] labels = [.. run.Lines.Where(line => line.StartsWith("label:", StringComparison.Ordinal)).Select(line => line["label:".Length..].Trim())];
            var nameless = run.Lines.Count(line => line.Contains(" Key Object", StringComparison.Ordinal)) - labels.Length;
            return [.. labels.Concat(Enumerable.Repeat("", nameless)).Order(StringComparer.Ordinal)];
        }
    }

    public void Dispose()
    {
        Http.Dispose();
        Grpc.Dispose();
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process?.Dispose();
        if (_ownsSoftHsm)
            Token.Dispose();
    }

    private static async Task<ServerProcess> PrepareAsync(
        SoftHsm softHsm, bool ownsSoftHsm, SoftHsmToken token, object storage, IReadOnlyDictionary<string, string> keySet, CancellationToken cancellationToken)
    {
        var (http, grpc) = FreePorts.Two();
        var set = new Dictionary<string, object>(keySet.Select(setting => KeyValuePair.Create<string, object>(setting.Key, setting.Value)))
        {
            ["Signers"] = new object[] { new { Algorithm = "ES256", Provider = "softhsm" } },
        };
        var settings = Path.Combine(softHsm.Folder, $"keyservice-{http}.json");
        await File.WriteAllTextAsync(settings, JsonSerializer.Serialize(new
        {
            KeyService = new
            {
                Listen = new { Http = $"http://127.0.0.1:{http}", Grpc = $"http://127.0.0.1:{grpc}" },
                Storage = storage,
                Providers = new { softhsm = new { Type = "Pkcs11", softHsm.Module, TokenLabel = token.Label, token.PinFile } },
                KeySets = new { soak = set },
            },
            Logging = new { LogLevel = new { Default = "Warning" } },
        }), cancellationToken);
        return new ServerProcess(softHsm, ownsSoftHsm, settings, new Uri($"http://127.0.0.1:{http}"), new Uri($"http://127.0.0.1:{grpc}"));
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        lock (_lines)
        {
            _lines.Enqueue(line.Data);
            if (_lines.Count > KeptLines)
                _lines.Dequeue();
        }
    }
}
