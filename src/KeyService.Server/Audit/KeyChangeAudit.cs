using KeyService.Core;
using KeyService.Core.Audit;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Server.Catalog;

namespace KeyService.Server.Audit;

/// <summary>
/// A line before and a line after each call that changes a provider's keys, whoever wants it: a caller, whose trace id it then
/// has, or the worker.
/// </summary>
/// <param name="catalog">Asked for late, since it needs the providers first.</param>
internal sealed class KeyChangeAudit(AuditLog log, Func<KeySetCatalog> catalog, TimeProvider time)
{
    public Task<ProviderKey> CreateAsync(string provider, string label, SigningAlgorithm algorithm, Func<Task<ProviderKey>> create) => AroundAsync(
        new AuditRecord { Time = time.GetUtcNow(), Event = AuditEvent.Begin, Method = "Provider.CreateKey", Provider = provider, Label = label, Algorithm = algorithm.Name },
        create,
        static (line, made) => line with { Handle = made.Handle.Value, Kid = Jwk.FromSubjectPublicKeyInfo(made.SubjectPublicKeyInfo.Span).Thumbprint() });

    public Task DestroyAsync(string provider, KeyHandle key, Func<Task<bool>> destroy) => ChangeAsync("Provider.DestroyKey", provider, key, destroy);

    public Task DisableAsync(string provider, KeyHandle key, Func<Task<bool>> disable) => ChangeAsync("Provider.DisableKey", provider, key, disable);

    private Task<bool> ChangeAsync(string act, string provider, KeyHandle handle, Func<Task<bool>> change)
    {
        var (keySet, key) = Find(provider, handle);
        var line = new AuditRecord
        {
            Time = time.GetUtcNow(),
            Event = AuditEvent.Begin,
            Method = act,
            Provider = provider,
            KeySet = keySet,
            Kid = key?.Kid,
            Label = key?.Label,
            Handle = handle.Value,
        };
        return AroundAsync(line, change, static (ended, _) => ended);
    }

    private async Task<T> AroundAsync<T>(AuditRecord begun, Func<Task<T>> change, Func<AuditRecord, T, AuditRecord> complete)
    {
        begun = begun with { Principal = CallOrigin.Service, Trace = CallOrigin.PresentTrace };
        await log.RecordAsync(begun);
        T result;
        try
        {
            result = await change();
        }
        catch (Exception e) when (e is KeyServiceException or OperationCanceledException)
        {
            var (outcome, error) = Outcomes.Of(e, new CancellationToken(e is OperationCanceledException));
            await log.RecordAsync(begun with { Time = time.GetUtcNow(), Event = AuditEvent.End, Outcome = outcome, Error = error });
            throw;
        }

        await log.RecordAsync(complete(begun with { Time = time.GetUtcNow(), Event = AuditEvent.End, Outcome = Outcomes.Ok }, result));
        return result;
    }

    /// <summary>Which key a handle is of; nothing where it became none, and then its creation tells its label.</summary>
    private (string? KeySet, Key? Key) Find(string provider, KeyHandle handle)
    {
        foreach (var set in catalog().All)
        {
            if (set.KeySet.Keys.FirstOrDefault(key => key.Provider == provider && key.Handle == handle) is { } key)
                return (set.KeySet.Name, key);
        }

        return (null, null);
    }
}
