using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Catalog;
using KeyService.Server.Tests.Client;
using KeyService.Server.Tests.Rotation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using KeySet = KeyService.Core.Keys.KeySet;

namespace KeyService.Server.Tests.SeveralHomes;

/// <summary>
/// 200 SignJwt a second over gRPC with a deadline of 2 s each, however long the ones before take. Every token is verified against
/// the JWKS as a caching verifier has it, at once and, where its life is short, once more at its end.
/// </summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private const int PerSecond = 200;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastMoment = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPhase = TimeSpan.FromSeconds(40);

    private readonly TestServer _server;
    private readonly string _keySet;
    private readonly TimeSpan _life;
    private readonly string[] _algorithms;
    private readonly GrpcApi _api;
    private readonly JwksVerifier _verifier;
    private readonly SemaphoreSlim _verifying = new(1, 1);
    private readonly PacedCalls _calls;
    private readonly ConcurrentDictionary<string, int> _signedBy = new(StringComparer.Ordinal);
    private readonly List<string> _phases = [];
    private int _verified;
    private long _slowest;

    private SteadyLoad(TestServer server, string keySet, TimeSpan life)
    {
        _server = server;
        _keySet = keySet;
        _life = life;
        _algorithms = [.. Recorded.Signers.Select(static signer => signer.Algorithm.Name).Distinct()];
        _api = new GrpcApi(server.GrpcAddress); // a connection of its own
        _verifier = new JwksVerifier(server.Http, $"/{keySet}/.well-known/jwks.json", TimeProvider.System);
        _calls = PacedCalls.Start(PerSecond, SignAsync);
    }

    public ConcurrentQueue<string> Failures { get; } = new();

    public int Verified => Volatile.Read(ref _verified);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private KeySet Recorded => _server.Services.GetRequiredService<KeySetCatalog>().Get(_keySet).KeySet;

    /// <param name="life">Of the tokens.</param>
    public static SteadyLoad Start(TestServer server, string keySet, TimeSpan life) => new(server, keySet, life);

    /// <summary>The one key of a provider.</summary>
    public string KidOf(string provider) => Recorded.Keys.Single(key => key.Provider == provider).Kid;

    /// <summary>The kids that have signed.</summary>
    public IReadOnlyCollection<string> Kids => [.. _signedBy.Keys];

    public int SignedBy(string kid) => _signedBy.GetValueOrDefault(kid);

    /// <summary>Returns when a key has signed so many tokens more.</summary>
    public async Task UntilAsync(string phase, string kid, int tokens)
    {
        var (began, wanted) = (TimeProvider.System.GetTimestamp(), SignedBy(kid) + tokens);
        while (SignedBy(kid) < wanted)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < LongestPhase, $"{phase}: {wanted - SignedBy(kid)} tokens short. {this}");
            await Task.Delay(20, Cancelled);
        }

        _phases.Add(string.Create(CultureInfo.InvariantCulture, $"{phase} {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s"));
    }

    public Task EndAsync() => _calls.EndAsync();

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_calls.Begun} calls, {Verified} verified, {Failures.Count} failures, slowest {TimeSpan.FromTicks(_slowest).TotalMilliseconds:0} ms; {string.Join(", ", _phases)}. {Failures.FirstOrDefault()}");

    public async ValueTask DisposeAsync()
    {
        await _calls.DisposeAsync();
        _api.Dispose();
        _verifying.Dispose();
    }

    private async Task SignAsync(int number)
    {
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            var expires = DateTimeOffset.FromUnixTimeSeconds((TimeProvider.System.GetUtcNow() + _life).ToUnixTimeSeconds());
            var request = new SignJwtRequest
            {
                KeySet = _keySet,
                ClaimsJson = $$"""{"jti":"{{number}}","exp":{{expires.ToUnixTimeSeconds()}}}""",
                Algorithm = _algorithms[number % _algorithms.Length],
            };
            var answer = await _api.SignJwtAsync(request, Deadline);
            InterlockedMax(TimeProvider.System.GetElapsedTime(began).Ticks);
            await VerifyAsync(answer.Jwt);
            _signedBy.AddOrUpdate(new JsonWebToken(answer.Jwt).Kid, 1, static (_, count) => count + 1);
            if (_life > ShortLife)
                return;
            var left = expires - LastMoment - TimeProvider.System.GetUtcNow();
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, Cancelled);
            await VerifyAsync(answer.Jwt);
        }
        catch (RpcException e)
        {
            Failures.Enqueue($"call {number} after {TimeProvider.System.GetElapsedTime(began).TotalMilliseconds:0} ms: {e.Status}");
        }
    }

    private async Task VerifyAsync(string jwt)
    {
        await _verifying.WaitAsync(Cancelled);
        try
        {
            if (await _verifier.FaultOfAsync(jwt, Cancelled) is { } fault)
                Failures.Enqueue(fault);
            else
                _verified++;
        }
        finally
        {
            _verifying.Release();
        }
    }

    private void InterlockedMax(long ticks)
    {
        for (var seen = Volatile.Read(ref _slowest); ticks > seen; seen = Volatile.Read(ref _slowest))
        {
            if (Interlocked.CompareExchange(ref _slowest, ticks, seen) == seen)
                return;
        }
    }
}
