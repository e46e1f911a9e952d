using KeyService.Core;
using KeyService.Core.Audit;
using KeyService.Core.Keys;
using KeyService.Core.Recovery;
using KeyService.Core.Storage;
using KeyService.Server.Audit;
using KeyService.Server.Catalog;
using KeyService.Server.Rotation;

namespace KeyService.Server.Recovery;

/// <summary>Carries out what <see cref="RecoveryPlan"/> decides: reads the providers, has the keys that sign prove it, and saves by compare-and-set.</summary>
/// <param name="log">Null without <c>Audit:Path</c>.</param>
internal sealed class StoreRecovery(
    IKeySetStore store, KeyProviders providers, KeySetWriter writer, KeyMaker maker, Staleness staleness, RecordSource records, TimeProvider time, AuditLog? log = null)
{
    /// <exception cref="KeyServiceException">A provider or the store does not answer: then nothing can be said, since keys would be missed.</exception>
    public async Task<IReadOnlyList<KeySetReport>> RunAsync(RecoveryRequest request, CancellationToken cancellationToken)
    {
        await store.PrepareAsync(cancellationToken);
        var found = new List<(string KeySet, FoundKey Key)>();
        foreach (var provider in providers.All)
        {
            foreach (var key in await provider.FindKeysAsync(KeyIntent.AnyLabelPrefix, cancellationToken))
            {
                if (KeyIntent.KeySetOf(key.Label) is { } name)
                    found.Add((name, new FoundKey(provider.Name, key.Label, key.Handle, TryRead(key.SubjectPublicKeyInfo)) { IsForeign = key.IsForeign }));
            }
        }

        RequireKnown(request, [.. found.Select(one => one.Key)]);
        var reports = new List<KeySetReport>();
        foreach (var keySet in found.GroupBy(one => one.KeySet, one => one.Key, StringComparer.Ordinal).OrderBy(set => set.Key, StringComparer.Ordinal))
        {
            if (request.KeySets.Count == 0 || request.KeySets.Contains(keySet.Key))
                reports.Add(await RecoverAsync(keySet.Key, [.. keySet], request, cancellationToken));
        }

        return reports;
    }

    private async Task<KeySetReport> RecoverAsync(string name, FoundKey[] found, RecoveryRequest request, CancellationToken cancellationToken)
    {
        var (record, basis) = await records.FindAsync(name, found, request, time.GetUtcNow(), cancellationToken);
        if (record is null)
            return new KeySetReport(name, KeySetReport.Refused, basis, ETag: null, [], ["It is not recovered."]);

        var plan = RecoveryPlan.Recover(new RecoveryEvidence
        {
            Record = record,
            Found = found,
            Revoked = request.Revoked,
            Published = request.Jwks.GetValueOrDefault(name),
            Now = time.GetUtcNow(),
            Lag = staleness.LimitOf(record.Policy),
        });
        var report = new KeySetReport(name, KeySetReport.Unchanged, basis, ETag: null, [.. plan.Keys.Select(KeyReport.Of)], plan.Problems);
        if (plan.KeySet is not { } recovered)
            return plan.Problems.IsEmpty ? report : report with { Outcome = KeySetReport.Refused };

        report = report with { ETag = PublishedJwks.Make(recovered, time.GetUtcNow()).ETag };
        var failures = await ProveAsync(plan, recovered, cancellationToken);
        if (failures.Count > 0)
            return report with { Outcome = KeySetReport.Refused, Problems = failures };
        if (!request.Apply)
            return report with { Outcome = KeySetReport.Planned };
        return await SaveAsync(recovered, plan, cancellationToken)
            ? report with { Outcome = KeySetReport.Recovered }
            : report with { Outcome = KeySetReport.Refused, Problems = ["Someone else saved it at the same time: run it again."] };
    }

    /// <summary>What signs now or will is to prove that it can; what only verifies need not.</summary>
    private async Task<List<string>> ProveAsync(KeySetRecovery plan, KeySet recovered, CancellationToken cancellationToken)
    {
        var failures = new List<string>();
        var kids = plan.Keys.Where(key => key.Role is RecoveredRole.Signs or RecoveredRole.SignsLater).Select(key => key.Found.Kid).ToHashSet();
        foreach (var key in recovered.Keys.Where(key => kids.Contains(key.Kid)))
        {
            try
            {
                await maker.ProveAsync(recovered.Name, key, cancellationToken);
            }
            catch (KeyServiceException e)
            {
                failures.Add($"Key {key.Kid} is to sign and does not: {e.Message}");
            }
        }

        return failures;
    }

    private async Task<bool> SaveAsync(KeySet recovered, KeySetRecovery plan, CancellationToken cancellationToken)
    {
        AuditRecord[] lines = [.. plan.Keys.Where(key => key.Role is not (RecoveredRole.Recorded or RecoveredRole.LeftAlone)).Select(key => LineOf(recovered, key))];
        await RecordAsync(lines);
        var saved = await writer.TrySaveAsync(recovered, cancellationToken);
        await RecordAsync(lines.Select(line => line with { Time = time.GetUtcNow(), Event = AuditEvent.End, Outcome = saved ? Outcomes.Ok : "ABORTED" }));
        return saved;
    }

    private AuditRecord LineOf(KeySet recovered, RecoveredKey key) => new()
    {
        Time = time.GetUtcNow(),
        Event = AuditEvent.Begin,
        Method = "Recover",
        Principal = CallOrigin.Service,
        KeySet = recovered.Name,
        Kid = key.Found.Kid,
        Algorithm = recovered.Keys.Single(saved => saved.Kid == key.Found.Kid).Algorithm.Name,
        Provider = key.Found.Provider,
        Label = key.Found.Label,
        Handle = key.Found.Handle.Value,
        Override = true,
        Reason = KeyReport.Of(key).Role,
    };

    private async Task RecordAsync(IEnumerable<AuditRecord> lines)
    {
        if (log is null)
            return;
        foreach (var line in lines)
            await log.RecordAsync(line);
    }

    /// <summary>A kid that is misspelt would have a revoked key come back.</summary>
    private static void RequireKnown(RecoveryRequest request, IReadOnlyCollection<FoundKey> found)
    {
        var known = found.Select(key => key.Kid).Concat(request.Jwks.Values.SelectMany(keys => keys).Select(key => key.Kid)).ToHashSet();
        if (request.Revoked.FirstOrDefault(kid => !known.Contains(kid)) is { } unknown)
            throw KeyServiceException.Invalid("--revoked", $"--revoked {unknown}: neither a provider nor a given JWKS holds such a key. If it is destroyed, leave it out.");
        var names = found.Select(key => KeyIntent.KeySetOf(key.Label)).ToHashSet();
        if (request.KeySets.Concat(request.Jwks.Keys).FirstOrDefault(name => !names.Contains(name)) is { } absent)
            throw KeyServiceException.Invalid("--key-set", $"No provider holds a key of key set '{absent}'.");
    }

    /// <summary>Null where it is empty, or no key that could be published.</summary>
    private static Jwk? TryRead(ReadOnlyMemory<byte> publicKey)
    {
        try
        {
            return publicKey.IsEmpty ? null : Jwk.FromSubjectPublicKeyInfo(publicKey.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
