using System.Collections.Concurrent;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Tests.Client;
using KeyService.Server.Tests.Rotation;

namespace KeyService.Server.Tests.Replicas;

/// <summary>Calls of SignJwt and Rotate to single servers of a group, and what became of them. Every token goes to the verifier.</summary>
internal sealed class ReplicaCalls(ReplicaGroup replicas, JoseVerifier verifier, TimeSpan tokenLife)
{
    /// <summary>Generous: failures are in question here, not how fast it is.</summary>
    private static readonly TimeSpan SignLimit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RotateLimit = TimeSpan.FromSeconds(30);
    private readonly TimeProvider _time = TimeProvider.System;
    private int _signed;

    public ConcurrentQueue<FailedCall> Failures { get; } = new();

    public int Signed => Volatile.Read(ref _signed);

    /// <summary>The replicas take turns.</summary>
    public async Task SignAsync(int number)
    {
        var server = replicas.Servers[number % replicas.Servers.Count];
        var expires = (_time.GetUtcNow() + tokenLife).ToUnixTimeSeconds();
        var request = new SignJwtRequest { KeySet = ReplicaGroup.KeySet, ClaimsJson = $$"""{"jti":"{{number}}","exp":{{expires}}}""" };
        if (await TryAsync("SignJwt", server, () => server.Grpc.SignJwtAsync(request, SignLimit)) is { } answer)
        {
            Interlocked.Increment(ref _signed);
            verifier.Take(answer.Jwt);
        }
    }

    /// <returns>Null where it failed.</returns>
    public Task<KeySet?> RotateAsync(ServerProcess server, string requestId) => TryAsync(
        $"Rotate {requestId}", server, () => server.Grpc.RotateAsync(new RotateRequest { KeySet = ReplicaGroup.KeySet, RequestId = requestId }, RotateLimit));

    private async Task<T?> TryAsync<T>(string call, ServerProcess server, Func<Task<T>> work)
        where T : class
    {
        var began = _time.GetUtcNow();
        try
        {
            return await work();
        }
        catch (RpcException e)
        {
            Failures.Enqueue(new FailedCall(call, server, began, _time.GetUtcNow(), Refusal.Of(e)));
            return null;
        }
    }
}
