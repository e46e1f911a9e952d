using System.Diagnostics.CodeAnalysis;
using Azure.Core;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Azure.Keys;
using KeyService.Providers.Azure.Protocol;

namespace KeyService.Providers.Azure;

/// <summary>
/// Keys in an Azure Key Vault or Managed HSM. A key handle is the URL of one version, so that a version made by others under
/// the same name is never signed with. Each label has a key name of its own: a single version cannot be deleted.
/// </summary>
public sealed class AzureKeyVaultKeyProvider : IKeyProvider, IInspectable
{
    /// <summary>For so long a good answer stands for the next probes.</summary>
    private static readonly TimeSpan CheckLasts = TimeSpan.FromSeconds(5);

    /// <summary>The vault tells times in whole seconds. After that long, nobody can still make a version as old as ours.</summary>
    private static readonly TimeSpan VaultSecond = TimeSpan.FromSeconds(1.01);

    /// <summary>Of two clocks by which TLS and tokens still work.</summary>
    private static readonly TimeSpan LargestSkew = TimeSpan.FromHours(1);

    /// <summary>How often, a second apart, a deleted key is tried to be purged: deleting takes the vault a while.</summary>
    private const int PurgeAttempts = 30;

    private readonly AzureKeyVaultOptions _options;
    private readonly TokenCredential? _credential;
    private readonly Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? _connect;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly string _vault;
    private readonly Lock _opening = new();
    private VaultKeys? _opened;
    private long _checked; // a time stamp; 0 before the first good answer
    private bool _disposed;

    /// <summary>Opens nothing: files are read, and the vault is asked, at first use.</summary>
    /// <exception cref="ArgumentException">The options break their rules; see <see cref="AzureKeyVaultOptionsRules.Problems"/>.</exception>
    public AzureKeyVaultKeyProvider(string name, AzureKeyVaultOptions options, ILogger<AzureKeyVaultKeyProvider> logger, TimeProvider time)
        : this(name, options, logger, time, credential: null, connect: null)
    {
    }

    /// <summary>With any credential in place of the one that the options name.</summary>
    /// <exception cref="ArgumentException">The options break their rules; see <see cref="AzureKeyVaultOptionsRules.Problems"/>.</exception>
    public AzureKeyVaultKeyProvider(
        string name, AzureKeyVaultOptions options, ILogger<AzureKeyVaultKeyProvider> logger, TimeProvider time, TokenCredential credential)
        : this(name, options, logger, time, credential, connect: null)
    {
    }

    internal AzureKeyVaultKeyProvider(
        string name,
        AzureKeyVaultOptions options,
        ILogger<AzureKeyVaultKeyProvider> logger,
        TimeProvider time,
        TokenCredential? credential,
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
    {
        var problems = string.Join(' ', AzureKeyVaultOptionsRules.Problems(options));
        if (problems.Length > 0)
            throw new ArgumentException(problems, nameof(options));

        Name = name;
        _options = options;
        _logger = logger;
        _time = time;
        _credential = credential;
        _connect = connect;
        _vault = options.VaultUri!.AbsoluteUri; // the rules want it
    }

    public string Name { get; }

    public int LargestInput(SigningAlgorithm algorithm) => KeyKind.Offers(algorithm) ? algorithm.DigestLength : 0;

    public async ValueTask<byte[]> SignAsync(
        KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!KeyKind.Offers(algorithm))
            throw Failures.NotOffered(algorithm);
        ProviderRules.CheckDigest(algorithm, input.Length);
        if (!KeyUrl.TryParseHandle(key, _vault, out var url))
            throw Failures.KeyNotFound();
        return await Keys().SignAsync(url, algorithm, input, cancellationToken);
    }

    public async Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken)
    {
        ProviderRules.CheckNewKey(label, spec);
        var kind = KeyKind.For(spec);
        var name = KeyLabel.NameFor(label);
        var keys = Keys();
        var since = _time.GetTimestamp();
        var versions = await keys.VersionsAsync(name, cancellationToken);
        var made = versions.Count == 0 ? await keys.CreateAsync(name, label, kind, _options.HardwareKeys, cancellationToken) : null;

        // The vault knows no "create if absent": whoever races makes a version, too. All take the oldest one, which is certain only
        // when its second is over, and each puts only its own out of use, so that nobody disables what another has returned.
        if (made is not null || IsYoung(versions[0].Item))
        {
            await Task.Delay(VaultSecond, _time, cancellationToken);
            versions = await keys.VersionsAsync(name, cancellationToken);
        }

        if (versions.Count == 0)
            throw Failures.Unavailable("The new key is not listed yet.");
        if (made is not null && !versions[0].Key.Matches(made.Url))
        {
            var lost = made.Url.Handle(_vault);
            Log.RaceLost(_logger, Name, lost.Value, label);
            await keys.DisableAsync(made.Url, cancellationToken);
            made = null;
        }

        var key = Checked(made ?? await ExistingAsync(keys, versions[0], label, cancellationToken), label, spec);
        if (made is not null)
        {
            var elapsed = _time.GetElapsedTime(since);
            Log.KeyMade(_logger, Name, key.Handle.Value, label, spec.Algorithm.Name, elapsed);
        }

        return key;
    }

    /// <summary>The keys whose tag holds such a label. A key that is disabled, or whose public half is not valid, comes without it.</summary>
    public async Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var keys = Keys();
        var found = new List<ProviderKey>();
        await foreach (var item in keys.ListAsync(cancellationToken))
        {
            if (item.Tags?.GetValueOrDefault(KeyLabel.Tag) is not { } label || !label.StartsWith(labelPrefix, StringComparison.Ordinal))
                continue;
            var name = KeyLabel.NameFor(label);
            if (item.KeyId?.EndsWith($"/keys/{name}", StringComparison.OrdinalIgnoreCase) != true)
                Log.ForeignTag(_logger, Name, item.KeyId ?? "");
            else if (await keys.VersionsAsync(name, cancellationToken) is [var oldest, ..] && await TryReadAsync(keys, oldest.Key, label, cancellationToken) is { } key)
                found.Add(key);
        }

        found.Sort(static (a, b) => string.CompareOrdinal(a.Label, b.Label));
        return found;
    }

    public async Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken)
    {
        if (!KeyUrl.TryParseHandle(key, _vault, out var url))
            throw Failures.KeyNotFound();
        await Keys().DisableAsync(url, cancellationToken);
        Log.KeyDisabled(_logger, Name, key.Value);
    }

    /// <summary>Deletes the key, which the vault can recover for its retention; purges it where the settings say so.</summary>
    public async Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken)
    {
        if (!KeyUrl.TryParseHandle(key, _vault, out var url))
            throw Failures.Rejected("The key is not one of this vault, so it cannot be destroyed here. Check VaultUri.");
        var keys = Keys();
        var existed = await keys.DeleteAsync(url.Name, cancellationToken);
        if (_options.PurgeOnDestroy)
            await PurgeAsync(keys, url.Name, awaited: existed, cancellationToken);
        if (existed)
            Log.KeyDeleted(_logger, Name, key.Value, _options.PurgeOnDestroy);
    }

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _checked) is not 0 and var last && _time.GetElapsedTime(last) < CheckLasts)
            return;
        await Keys().ProbeAsync(cancellationToken);
        Volatile.Write(ref _checked, _time.GetTimestamp());
    }

    public async Task<ProviderFacts> InspectAsync(CancellationToken cancellationToken)
    {
        var answer = await Keys().ProbeAsync(cancellationToken);
        return VaultInspection.Describe(_options, answer, _time.GetUtcNow());
    }

    public async Task<IReadOnlyList<KeyEvidence>> InspectKeyAsync(KeyHandle key, CancellationToken cancellationToken) =>
        KeyUrl.TryParseHandle(key, _vault, out var url)
            ? VaultInspection.Evidence((await Keys().GetAsync(url, cancellationToken)).Bundle, _options.HardwareKeys)
            : throw Failures.KeyNotFound();

    public ValueTask DisposeAsync()
    {
        lock (_opening)
        {
            _disposed = true;
            _opened?.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The one disposes of the other, and DisposeAsync of that.")]
    private VaultKeys Open() => new(new VaultClient(_options, _credential, _connect, _time));

    /// <summary>Opened once. A file that cannot be read is tried again at the next call.</summary>
    private VaultKeys Keys()
    {
        if (Volatile.Read(ref _opened) is { } opened)
            return opened;
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _opened ??= Open();
        }
    }

    private static async Task<VaultKeyAnswer> ExistingAsync(
        VaultKeys keys, (KeyUrl Key, KeyItem Item) oldest, string label, CancellationToken cancellationToken) =>
        oldest.Item.Tags?.GetValueOrDefault(KeyLabel.Tag) == label
            ? await keys.GetAsync(oldest.Key, cancellationToken)
            : throw Failures.Rejected("The vault holds a key of another application under the name that belongs to the label.");

    private ProviderKey Checked(VaultKeyAnswer key, string label, KeySpec spec)
    {
        PublicKeys.Check(key.Bundle, spec, _options.HardwareKeys);
        return new ProviderKey(label, key.Url.Handle(_vault), PublicKeyOf(key));
    }

    /// <summary>Whether the second in which it was made may still be running, however far the vault's clock is from ours.</summary>
    private bool IsYoung(KeyItem item) => _time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(item.Attributes?.Created ?? 0) < LargestSkew;

    private async Task<ProviderKey?> TryReadAsync(VaultKeys keys, KeyUrl key, string label, CancellationToken cancellationToken)
    {
        try
        {
            return new ProviderKey(label, key.Handle(_vault), PublicKeyOf(await keys.GetAsync(key, cancellationToken)));
        }
        catch (KeyServiceException gone) when (gone.Error == KeyServiceError.KeyNotFound)
        {
            return null;
        }
        catch (KeyServiceException unreadable) when (unreadable.Error == KeyServiceError.ProviderRejected)
        {
            // It must not hide the others from recovery, and must be found to be destroyed.
            Log.PublicKeyUnreadable(_logger, Name, key.Name, label, unreadable.Message);
            return new ProviderKey(label, key.Handle(_vault), ReadOnlyMemory<byte>.Empty);
        }
    }

    private async Task PurgeAsync(VaultKeys keys, string name, bool awaited, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (await keys.PurgeAsync(name, cancellationToken) || !awaited)
                    return;
            }
            catch (KeyServiceException busy) when (busy.InnerException is VaultErrorException { Status: 409 } && attempt < PurgeAttempts)
            {
                awaited = true; // it is still being deleted
            }

            if (attempt >= PurgeAttempts)
                throw Failures.Unavailable("The vault is still deleting the key, so it is not purged yet.");
            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken);
        }
    }

    private static byte[] PublicKeyOf(VaultKeyAnswer key)
    {
        try
        {
            return PublicKeys.Read(key.Bundle.Key!); // it has named its id
        }
        catch (FormatException exception)
        {
            throw Failures.Rejected("The vault gave a public key that is not valid.", exception);
        }
    }
}
