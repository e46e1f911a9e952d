using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using KeyService.Core.Storage;
using KeyService.Server.Catalog;

namespace KeyService.Server.Rotation;

/// <summary>
/// Carries out what <see cref="RotationPlan"/> decides. Every key takes the same three steps, each safe to repeat after a
/// crash: the intent is saved, the provider makes the key under the intent's label, the key is saved with its dates.
/// </summary>
internal sealed class KeyRotator(KeySetWriter writer, KeyFulfilment fulfilment, Staleness staleness, TimeProvider time)
{
    private readonly SetGates _gates = new();

    /// <summary>Adds a successor for each signer. A rotation that is under way, or began while this call waited, is joined.</summary>
    public async Task<KeySet> RotateAsync(string name, RotateCommand command, CancellationToken cancellationToken)
    {
        var seen = LabelsOf(await writer.FindAsync(name, cancellationToken));
        using var gate = await _gates.EnterAsync(name, cancellationToken);
        IReadOnlyList<string> awaited = [];
        await writer.ChangeAsync(name, keySet =>
        {
            RequireLive(keySet);
            if (Repeated(keySet, command.RequestId, command.Fingerprint) is { } repeated)
            {
                awaited = repeated.IntentIds;
                return null;
            }

            var joined = keySet.Signers.ToLookup(signer => Joinable(keySet, signer, seen, command.Emergency));
            var alone = joined[null].ToArray(); // what another signer waits for is no key of theirs
            awaited = [.. joined.Select(group => group.Key).OfType<string>()];
            if (alone.Length == 0)
                return command.RequestId is null ? null : Remember(keySet, command.RequestId, command.Fingerprint, awaited);

            RequireRoom(keySet);
            var cause = command.Emergency ? RotationCause.Emergency : RotationCause.Request;
            var begun = RotationPlan.Begin(keySet, alone, cause, command.Reason, time.GetUtcNow(), NewId);
            awaited = [.. awaited, .. Added(keySet, begun)];
            return Remember(begun, command.RequestId, command.Fingerprint, awaited);
        }, cancellationToken);
        var answer = await fulfilment.FulfilAsync(name, awaited, cancellationToken);
        RequireLive(answer);
        if (awaited.Count > 0 && awaited.All(id => answer.Intents.Any(intent => intent.Id == id && intent.GivenUp is not null)))
            throw new KeyServiceException(KeyServiceError.ConcurrentChange, $"The signers of key set '{name}' were changed while their new keys were made, so these were given up.");
        return answer;
    }

    /// <summary>Makes a key set and its first keys. Nothing is left of it where a provider refuses a signer for good.</summary>
    public async Task<KeySet> CreateAsync(KeySet definition, string? requestId, CancellationToken cancellationToken)
    {
        using var gate = await _gates.EnterAsync(definition.Name, cancellationToken);
        await fulfilment.RequireUsableAsync(definition.Signers, cancellationToken);
        var asked = KeySetDocument.Write(definition with { Created = DateTimeOffset.UnixEpoch, Revision = 1 });
        var fingerprint = $"create:{Convert.ToHexStringLower(SHA256.HashData(asked))}";
        var begun = RotationPlan.Begin(definition, definition.Signers, RotationCause.Request, reason: null, definition.Created, NewId);
        begun = Remember(begun, requestId, fingerprint, Added(definition, begun)) with { Revision = 1 };
        if (!await writer.TrySaveAsync(begun, cancellationToken))
        {
            var present = await writer.FindAsync(definition.Name, cancellationToken);
            if (present.Deleted is not null)
                throw new KeyServiceException(KeyServiceError.KeySetExists, $"Key set '{definition.Name}' is being deleted; its name is free once its last key is gone.") { Field = "key_set" };
            if (Repeated(present, requestId, fingerprint) is not { } repeated)
                throw new KeyServiceException(KeyServiceError.KeySetExists, $"There is a key set '{definition.Name}' already.") { Field = "key_set" };
            return await fulfilment.FulfilAsync(definition.Name, repeated.IntentIds, cancellationToken);
        }

        try
        {
            return await fulfilment.FulfilAsync(definition.Name, Added(definition, begun), cancellationToken);
        }
        catch (KeyServiceException refused) when (!refused.IsTransient)
        {
            await writer.ChangeAsync(definition.Name, keySet => RotationPlan.Undo(keySet, time.GetUtcNow()), CancellationToken.None);
            await fulfilment.SweepAsync(definition.Name, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Changes policy, issuer or signers. An added signer that its provider refuses for good is taken out again.</summary>
    /// <param name="revision">The version that the change was made from; 0 for any.</param>
    public async Task<KeySet> UpdateAsync(string name, Func<KeySet, KeySet> update, long revision, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> awaited = [];
        var before = await writer.FindAsync(name, cancellationToken);
        await writer.ChangeAsync(name, keySet =>
        {
            RequireLive(keySet);
            RequireRevision(keySet, revision);
            var (now, lag) = (time.GetUtcNow(), staleness.LimitOf(keySet.Policy));
            var next = RotationPlan.KeepPromises(update(keySet), keySet.Policy, now, lag);
            fulfilment.RequireOffered(next.Signers.Where(signer => !keySet.Signers.Contains(signer)));
            (next, awaited) = FillGaps(RotationPlan.ChangeSigners(next, next.Signers, now, lag), RotationCause.Request, reason: null);
            return next;
        }, cancellationToken);
        try
        {
            return await fulfilment.FulfilAsync(name, awaited, cancellationToken);
        }
        catch (KeyServiceException refused) when (!refused.IsTransient)
        {
            await writer.ChangeAsync(
                name,
                keySet => RotationPlan.ChangeSigners(
                    keySet,
                    [.. keySet.Signers.Where(signer => before.Signers.Contains(signer) || keySet.Keys.Any(signer.Owns))],
                    time.GetUtcNow(),
                    staleness.LimitOf(keySet.Policy)),
                CancellationToken.None);
            throw;
        }
    }

    /// <summary>
    /// Revokes a key, at once and whatever the provider says. Where it was the last of its line a new one is made; if that
    /// fails for now the revocation stands and the worker goes on trying.
    /// </summary>
    public async Task<KeySet> RevokeAsync(string name, string kid, string? reason, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> awaited = [];
        var revoked = await writer.ChangeAsync(name, keySet =>
        {
            var key = keySet.Keys.FirstOrDefault(key => key.Kid == kid)
                ?? throw new KeyServiceException(KeyServiceError.KeyNotFound, $"Key set '{name}' has no key '{kid}'.") { Field = "kid" };
            if (key.Dates.Compromised is not null)
                return null;
            KeySet next;
            (next, awaited) = FillGaps(RotationPlan.Revoke(keySet, key, reason, time.GetUtcNow()), RotationCause.Emergency, reason);
            return next;
        }, cancellationToken);
        try
        {
            return await fulfilment.FulfilAsync(name, awaited, cancellationToken);
        }
        catch (KeyServiceException failure)
        {
            fulfilment.LogRevokedWithoutSuccessor(name, kid, failure);
            return revoked;
        }
    }

    /// <summary>Ends a key set. Its keys leave as their dates say; the worker sees to the rest.</summary>
    public Task<KeySet> DeleteAsync(string name, long revision, CancellationToken cancellationToken) =>
        writer.ChangeAsync(name, keySet =>
        {
            if (keySet.Deleted is not null)
                return null;
            RequireRevision(keySet, revision);
            return RotationPlan.Delete(keySet, time.GetUtcNow(), staleness.LimitOf(keySet.Policy));
        }, cancellationToken);

    /// <summary>Does what is due in a key set: unfinished keys, the rotation period, destruction.</summary>
    public async Task TendAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            using var gate = await _gates.EnterAsync(name, cancellationToken);
            var keySet = await writer.ChangeAsync(name, keySet =>
            {
                var now = time.GetUtcNow();
                var due = keySet.Signers.Where(signer => now >= RotationPlan.RotationDue(keySet, signer)).ToArray();
                var next = due.Length == 0 ? keySet : RotationPlan.Begin(keySet, due, RotationCause.Period, reason: null, now, NewId);
                (next, _) = FillGaps(next, RotationCause.Emergency, reason: null);
                return ReferenceEquals(next, keySet) ? null : next;
            }, cancellationToken);
            if (!keySet.Intents.IsEmpty)
                await fulfilment.FulfilAsync(name, [.. keySet.Intents.Select(intent => intent.Id)], cancellationToken);
        }
        catch (KeyServiceException failure) when (failure.Error is not KeyServiceError.StoreUnavailable)
        {
            await fulfilment.SweepAsync(name, cancellationToken); // one provider that makes no keys must not keep others from destroying theirs
            throw;
        }

        await fulfilment.SweepAsync(name, cancellationToken);
    }

    /// <summary>Plans a key for each signer that has nothing to sign with.</summary>
    private (KeySet Next, IReadOnlyList<string> Added) FillGaps(KeySet keySet, RotationCause cause, string? reason)
    {
        var now = time.GetUtcNow();
        var bare = keySet.Signers.Where(signer => RotationPlan.NeedsKey(keySet, signer, now)).ToArray();
        if (bare.Length == 0)
            return (keySet, []);
        var begun = RotationPlan.Begin(keySet, bare, cause, reason, now, NewId);
        return (begun, Added(keySet, begun));
    }

    /// <summary>What others began that gives this caller a new key of <paramref name="signer"/>: it is pending, or was made since the caller asked.</summary>
    /// <returns>The intent's id; null where there is none.</returns>
    private static string? Joinable(KeySet keySet, Signer signer, HashSet<string> seen, bool emergency)
    {
        var pending = keySet.Intents.FirstOrDefault(intent => (intent.Emergency || !emergency) && signer.Awaits(intent));
        if (pending is not null)
            return pending.Id;
        var made = keySet.Keys.FirstOrDefault(key =>
            signer.Owns(key) && (key.Emergency || !emergency) && key.Dates.Compromised is null && !seen.Contains(key.Label));
        return made is null ? null : KeyIntent.IdOf(made.Label);
    }

    private static HashSet<string> LabelsOf(KeySet keySet) => [.. keySet.Keys.Select(key => key.Label)];

    private static List<string> Added(KeySet before, KeySet after) =>
        [.. after.Intents.Where(intent => !before.Intents.Contains(intent)).Select(intent => intent.Id)];

    private static HandledRequest? Repeated(KeySet keySet, string? requestId, string fingerprint)
    {
        if (requestId is null || keySet.Requests.FirstOrDefault(request => request.Id == requestId) is not { } request)
            return null;
        return request.Fingerprint == fingerprint
            ? request
            : throw new KeyServiceException(KeyServiceError.RequestIdReused, "This request_id was used for another request.") { Field = "request_id" };
    }

    private KeySet Remember(KeySet keySet, string? requestId, string fingerprint, IReadOnlyList<string> intents) => requestId is null
        ? keySet
        : RotationPlan.Remember(keySet, new HandledRequest(requestId, fingerprint, time.GetUtcNow(), intents));

    private static void RequireLive(KeySet keySet)
    {
        if (keySet.Deleted is not null)
            throw new KeyServiceException(KeyServiceError.KeySetNotFound, $"Key set '{keySet.Name}' was deleted.") { Field = "key_set" };
    }

    private static void RequireRevision(KeySet keySet, long revision)
    {
        if (revision != 0 && revision != keySet.Revision)
            throw new KeyServiceException(KeyServiceError.ConcurrentChange, $"Key set '{keySet.Name}' is at revision {keySet.Revision}, not {revision}.") { Field = "revision" };
    }

    private static void RequireRoom(KeySet keySet)
    {
        var held = keySet.Keys.Count(key => key.Dates.Erased is null) + keySet.Intents.Length + keySet.Signers.Length;
        if (held > RotationPlan.MaxKeys)
            throw new KeyServiceException(KeyServiceError.TooManyKeys, $"Key set '{keySet.Name}' would hold more than {RotationPlan.MaxKeys} keys; shorten its retention or rotate less often.");
    }

    private string NewId() => KeyIntent.NewId(time.GetUtcNow());
}
