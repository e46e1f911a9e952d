using System.Diagnostics;
using System.Security.Cryptography;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Keys;
using KeyService.Providers.Pkcs11.Signing;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Benchmarks;

/// <summary>What the token does alone: threads that call C_SignInit and C_Sign, one after the other, each in a session of its own, and nothing else.</summary>
internal sealed class RawSigner : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);
    private readonly BenchToken _token;
    private readonly Pkcs11Module _module;
    private readonly TokenConnection _connection;

    private RawSigner(BenchToken token, Pkcs11Module module)
    {
        _token = token;
        _module = module;
        _connection = TokenConnection.Open(module, token.Options, new UserPin(token.Options.PinFile));
    }

    public static async Task<RawSigner> OpenAsync(BenchToken token)
    {
        var module = Pkcs11Module.Acquire(token.Options.Module, initArgs: null);
        await module.EnsureInitializedAsync(broken: 0, StartLimit, TimeProvider.System, CancellationToken.None);
        return new RawSigner(token, module);
    }

    public async Task<Run> RunAsync(SigningAlgorithm algorithm, int threads, TimeSpan duration)
    {
        var handle = await _token.KeyAsync(algorithm);
        var times = new List<double>[threads];
        var cpu = Environment.CpuUsage.TotalTime;
        var began = Stopwatch.GetTimestamp();
        var workers = Enumerable.Range(0, threads).Select(number => new Thread(() => times[number] = Sign(algorithm, handle, began, duration))).ToList();
        workers.ForEach(worker => worker.Start());
        await Task.Run(() => workers.ForEach(worker => worker.Join()));
        var elapsed = Stopwatch.GetElapsedTime(began);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        var all = times.SelectMany(own => own).ToArray();
        Array.Sort(all);
        return new Run(all.Length, elapsed, cpu, all);
    }

    public async ValueTask DisposeAsync() => await _module.ReleaseAsync(StartLimit, TimeProvider.System);

    private List<double> Sign(SigningAlgorithm algorithm, KeyHandle handle, long began, TimeSpan duration)
    {
        var input = RandomNumberGenerator.GetBytes(algorithm.TakesDigest ? algorithm.DigestLength : BenchServer.MessageBytes);
        var session = TokenSession.Open(_connection, readWrite: false);
        var key = KeyPairs.Open(session, handle);
        using var buffers = new SignBuffers();
        var times = new List<double>(1 << 16);
        var last = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            CryptokiException.ThrowUnlessOk("C_Sign", buffers.Sign(_connection.Functions, session.Handle, key, algorithm, input, out _, out _));
            var now = Stopwatch.GetTimestamp();
            times.Add(Stopwatch.GetElapsedTime(last, now).TotalMicroseconds);
            last = now;
        }

        session.Close();
        return times;
    }
}
