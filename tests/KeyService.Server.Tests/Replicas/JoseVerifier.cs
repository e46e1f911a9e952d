using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using KeyService.Testing;

namespace KeyService.Server.Tests.Replicas;

/// <summary>The verifiers of follow.mjs in a process of their own, which sees of the product what HTTP shows.</summary>
internal sealed class JoseVerifier : IAsyncDisposable
{
    /// <summary>For the tokens that are alive when the input ends: some ten thousand after a long form.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly Channel<string> _tokens = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;
    private readonly Task<string> _output;

    private JoseVerifier(Process process)
    {
        _process = process;
        _writing = WriteAsync();
        _output = process.StandardOutput.ReadToEndAsync(Cancelled);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <param name="cooldown">How soon it comes back for an unknown kid.</param>
    public static JoseVerifier Start(ReplicaGroup replicas, TimeSpan cooldown) => new(Process.Start(new ProcessStartInfo(
        "node",
        [
            Repository.PathOf("tests", "peers", "node", "follow.mjs"), cooldown.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture), ReplicaGroup.JwksPath,
            .. replicas.Servers.Select(server => server.Http.BaseAddress!.AbsoluteUri), // every server has one
        ])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true, // what it says on its standard error shows in the test's own
    }) ?? throw new InvalidOperationException("node did not start."));

    public void Take(string jwt) => Assert.True(_tokens.Writer.TryWrite(jwt));

    /// <summary>Waits until the last token is checked.</summary>
    public async Task<JoseReport> EndAsync()
    {
        _tokens.Writer.Complete();
        await _writing;
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(Cancelled).WaitAsync(EndLimit, Cancelled);
        Assert.Equal(0, _process.ExitCode);
        return JsonSerializer.Deserialize(await _output, JoseReportJson.Default.JoseReport)
            ?? throw new InvalidOperationException("It reported nothing.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private async Task WriteAsync()
    {
        await foreach (var jwt in _tokens.Reader.ReadAllAsync(Cancelled))
            await _process.StandardInput.WriteLineAsync(jwt);
    }
}
