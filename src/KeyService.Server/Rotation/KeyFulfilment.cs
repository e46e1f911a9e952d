using System.Diagnostics;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using KeyService.Core.Signing;
using KeyService.Server.Api;
using KeyService.Server.Catalog;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Rotation;

/// <summary>
/// Turns saved intents into keys and due dates into destroyed keys. Each step can be cut off anywhere and done again by
/// anyone: the label finds what a provider made, and destroying what is gone is no error.
/// </summary>
internal sealed class KeyFulfilment(
    KeySetWriter writer, KeyMaker maker, KeyProviders providers, Staleness staleness, TimeProvider time, ILogger<KeyFulfilment> logger)
{
    /// <summary>Makes the keys of those intents that are still pending; the others are done already.</summary>
    /// <exception cref="KeyServiceException">
    /// As the provider answers. After a passing failure the intent stays and the worker finishes it; after a final one it is
    /// dropped, with whatever the provider had made for it.
    /// </exception>
    public async Task<KeySet> FulfilAsync(string name, IReadOnlyList<string> intentIds, CancellationToken cancellationToken)
    {
        var keySet = await writer.FindAsync(name, cancellationToken);
        KeyServiceException? failure = null;
        var made = intentIds.Count;
        foreach (var id in AwayLast(keySet, intentIds))
        {
            if (Pending(keySet, id) is not { } intent)
                continue;
            using var span = Spans.StartRotation(name, intent.Provider, intent.Algorithm.Name);
            try
            {
                keySet = await FulfilAsync(keySet, intent, cancellationToken);
                span.Succeed();
                Count(intent, "OK");
            }
            catch (KeyServiceException e)
            {
                span.Fail(e.Error);
                Count(intent, GrpcStatus.ReasonOf(e.Error));
                Log.KeyNotMade(logger, e, intent.Label(name), intent.Algorithm, intent.Provider);
                failure = failure is { IsTransient: false } ? failure : e; // one failed signer must not hold up the others
                made--;
            }
        }

        return failure is null ? keySet : throw (failure.IsTransient ? Unfinished(failure, made, intentIds.Count) : failure);
    }

    /// <summary>Destroys what is due, cleans up after intents that were given up, and removes a deleted set that holds nothing more.</summary>
    /// <exception cref="KeyServiceException">As a provider answers; everything else was done nevertheless.</exception>
    public async Task SweepAsync(string name, CancellationToken cancellationToken)
    {
        var found = await writer.FindAsync(name, cancellationToken);
        KeyServiceException? failure = null;
        foreach (var intent in found.Intents.Where(intent => RotationPlan.IsForgotten(intent, time.GetUtcNow())))
            await TryAsync(() => DropAsync(name, intent, cancellationToken));
        foreach (var key in RotationPlan.DueForDestruction(found, time.GetUtcNow()))
            await TryAsync(() => DestroyAsync(name, key, cancellationToken));

        var keySet = await writer.ChangeAsync(name, present =>
        {
            var next = RotationPlan.Forget(present, time.GetUtcNow());
            return next.Keys.Length == present.Keys.Length ? null : next;
        }, cancellationToken);
        if (failure is not null)
            throw failure;
        if (keySet.Deleted is not null && keySet.Intents.IsEmpty && keySet.Keys.All(key => key.Dates.Erased is not null))
        {
            Log.KeySetRemoved(logger, name);
            await writer.RemoveAsync(keySet, cancellationToken);
        }

        // A provider that is away must not keep the keys of the others alive.
        async Task TryAsync(Func<Task> step)
        {
            try
            {
                await step();
            }
            catch (KeyServiceException e) when (e.Error is not KeyServiceError.StoreUnavailable)
            {
                failure ??= e;
            }
        }
    }

    /// <summary>
    /// Finds out, before anything is saved, what a provider cannot do, or that it is not to be used at all. One that is only away
    /// is no reason to refuse: the intent waits for it.
    /// </summary>
    /// <exception cref="KeyServiceException">AlgorithmNotSupported, or ProviderRejected.</exception>
    public async Task RequireUsableAsync(IReadOnlyCollection<Signer> signers, CancellationToken cancellationToken)
    {
        RequireOffered(signers);
        foreach (var provider in signers.Select(signer => signer.Provider).Distinct(StringComparer.Ordinal))
        {
            try
            {
                await providers.Get(provider).CheckAsync(cancellationToken);
            }
            catch (KeyServiceException e) when (e.IsTransient)
            {
                Log.ProviderAway(logger, e, provider);
            }
        }
    }

    /// <exception cref="KeyServiceException">AlgorithmNotSupported: a provider says beforehand that it cannot.</exception>
    public void RequireOffered(IEnumerable<Signer> signers)
    {
        foreach (var signer in signers)
        {
            if (providers.Get(signer.Provider).LargestInput(signer.Algorithm) == 0)
                throw NotOffered(signer.Algorithm, signer.Provider);
        }
    }

    public void LogRevokedWithoutSuccessor(string name, string kid, KeyServiceException failure) =>
        Log.RevokedWithoutSuccessor(logger, failure, kid, name);

    /// <summary>The keys of a provider that is away come last: finding out once more that it is may take long.</summary>
    private IEnumerable<string> AwayLast(KeySet keySet, IReadOnlyList<string> intentIds) => intentIds.OrderBy(id =>
        keySet.Intents.FirstOrDefault(intent => intent.Id == id) is { } intent && providers.Find(intent.Provider) is { IsAway: true });

    private async Task<KeySet> FulfilAsync(KeySet keySet, KeyIntent intent, CancellationToken cancellationToken)
    {
        await using var turn = await writer.TakeTurnAsync(keySet.Name, intent, cancellationToken);
        if (turn is not null && await writer.FindAsync(keySet.Name, cancellationToken) is var latest && Pending(latest, intent.Id) is null)
            return latest; // another replica made the key while this one waited, or it is wanted no more

        var spec = keySet.Signers.First(signer => signer.Owns(intent)).Spec;
        Key made;
        try
        {
            made = await maker.MakeAsync(keySet, intent, spec, time.GetUtcNow(), cancellationToken);
        }
        catch (KeyServiceException refused) when (!refused.IsTransient)
        {
            await DropAsync(keySet.Name, intent, cancellationToken);
            throw;
        }

        var saved = await writer.ChangeAsync(keySet.Name, present =>
            Pending(present, intent.Id) is { } pending
                ? RotationPlan.Complete(present, pending, made, time.GetUtcNow(), staleness.LimitOf(present.Policy))
                : null, cancellationToken);
        if (saved.Keys.FirstOrDefault(key => key.Label == made.Label) is { Dates.Activates: var activates })
            Log.KeyPlanned(logger, made.Kid, keySet.Name, activates);
        else
            await maker.DiscardAsync(keySet.Name, intent, cancellationToken); // given up while the key was being made
        return saved;
    }

    /// <summary>Destroys first and forgets then: the other way round, a crash between the two would leave an orphan.</summary>
    private async Task DropAsync(string name, KeyIntent intent, CancellationToken cancellationToken)
    {
        var present = await writer.FindAsync(name, cancellationToken);
        if (present.Intents.All(pending => pending.Id != intent.Id))
            return; // another replica was through with it, and may have made it a key
        await maker.DiscardAsync(name, intent, cancellationToken);
        await writer.ChangeAsync(name, latest => RotationPlan.Drop(latest, intent.Id), cancellationToken);
    }

    private async Task DestroyAsync(string name, Key key, CancellationToken cancellationToken)
    {
        Log.Destroying(logger, key.Kid, name, key.Provider);
        await providers.Get(key.Provider).DestroyKeyAsync(key.Handle, cancellationToken);
        await writer.ChangeAsync(name, present =>
        {
            var index = present.Keys.ToList().FindIndex(candidate => candidate.Kid == key.Kid && candidate.Dates.Erased is null);
            return index < 0 ? null : present with
            {
                Keys = present.Keys.SetItem(index, present.Keys[index] with { Dates = present.Keys[index].Dates with { Erased = time.GetUtcNow() } }),
            };
        }, cancellationToken);
        Log.Destroyed(logger, key.Kid, name, key.Provider);
    }

    private static void Count(KeyIntent intent, string outcome) => Instruments.Rotations.Add(1, new TagList(
    [
        new("provider", intent.Provider), new("algorithm", intent.Algorithm.Name), new("outcome", outcome),
        new("cause", intent switch { { Emergency: true } => "emergency", { Scheduled: true } => "period", _ => "request" }),
    ]));

    /// <summary>The intent, while it is to become a key.</summary>
    private static KeyIntent? Pending(KeySet keySet, string intentId) =>
        keySet.Intents.FirstOrDefault(intent => intent.Id == intentId && intent.GivenUp is null);

    private static KeyServiceException Unfinished(KeyServiceException failure, int made, int asked) =>
        new(failure.Error, $"{failure.Message} {made} of {asked} keys are made; what is left is made as soon as its provider can.", failure.InnerException ?? failure)
        {
            Field = failure.Field,
            RetryAfter = failure.RetryAfter,
        };

    private static KeyServiceException NotOffered(SigningAlgorithm algorithm, string provider) =>
        new(KeyServiceError.AlgorithmNotSupported, $"Provider '{provider}' does not offer {algorithm}.") { Field = "spec.signers" };
}
