using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using KeyService.Core;
using KeyService.Core.Rotation;
using KeyService.Protos.V1;
using KeyService.Server.Access;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;

namespace KeyService.Server.Api;

/// <summary>GetJwks and WatchJwks over the catalog.</summary>
internal sealed class JwksGrpcService(
    JwksReader reader, KeySetCatalog catalog, AccessControl access, ServerSettings settings, TimeProvider time, IHostApplicationLifetime lifetime) : JwksService.JwksServiceBase
{
    /// <summary>A timer cannot wait longer than some weeks; waking once a day costs nothing.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private static readonly TimeSpan JustOver = TimeSpan.FromMilliseconds(10);

    public override Task<GetJwksResponse> GetJwks(GetJwksRequest request, ServerCallContext context)
    {
        var (published, revision) = reader.Read(RequestRules.KeySet(request.KeySet));
        return Task.FromResult(new GetJwksResponse
        {
            Jwks = ProtoMapping.Jwks(published.Keys),
            Etag = published.ETag.Trim('"'),
            MaxAge = published.MaxAgeAt(time.GetUtcNow(), settings.Jwks).ToDuration(),
            Revision = (ulong)revision,
        });
    }

    public override async Task WatchJwks(WatchJwksRequest request, IServerStreamWriter<WatchJwksResponse> responseStream, ServerCallContext context)
    {
        var name = RequestRules.KeySet(request.KeySet);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        string? sent = null;
        while (true)
        {
            Task[] changes = [catalog.Changed, access.Changed]; // taken before reading, so that no change falls between
            var expiry = access.Reconsider(context, request);
            var now = time.GetUtcNow();
            var (published, revision) = reader.Read(name);
            if (published.ETag != sent)
            {
                await responseStream.WriteAsync(
                    new WatchJwksResponse
                    {
                        Jwks = ProtoMapping.Jwks(published.Keys),
                        Etag = published.ETag.Trim('"'),
                        MaxAge = published.MaxAgeAt(now, settings.Jwks).ToDuration(),
                        Revision = (ulong)revision,
                    },
                    context.CancellationToken);
                sent = published.ETag;
            }

            await WaitAsync(changes, catalog.Get(name), expiry, now, stopping.Token);
            context.CancellationToken.ThrowIfCancellationRequested();
            if (lifetime.ApplicationStopping.IsCancellationRequested)
                throw new KeyServiceException(KeyServiceError.ShuttingDown, "The server is stopping.");
        }
    }

    /// <summary>
    /// Returns at the next change of the catalog or the policy, when the catalog may be too old, at the next planned change of the set, when the
    /// caller's proof expires, or when the call is to end.
    /// </summary>
    private async Task WaitAsync(Task[] changes, KeySetSnapshot set, DateTimeOffset? expiry, DateTimeOffset now, CancellationToken ending)
    {
        var fresh = set.LongestStaleness - catalog.AgeOf(set.KeySet.Name); // a set that is not to be used any more ends the stream
        var wait = Enumerable.Min<TimeSpan?>([LongestWait, fresh + JustOver, KeyTimeline.NextChange(set.KeySet, now) - now, expiry - now + JustOver])!.Value; // the first is there
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(ending);
        await Task.WhenAny([.. changes, Task.Delay(wait, time, timer.Token)]);
        await timer.CancelAsync();
    }
}
