using KeyService.Core;

namespace KeyService.Server.Guard;

/// <summary>Holds a provider to what its settings allow it: by family of keys, and as a weighted sum.</summary>
internal sealed class Quota
{
    private readonly string _provider;
    private readonly QuotaOptions _options;
    private readonly TokenBucket? _rsa;
    private readonly TokenBucket? _ecc;
    private readonly TokenBucket? _mlDsa;
    private readonly TokenBucket? _total;

    public Quota(string provider, QuotaOptions options, TimeProvider time)
    {
        _provider = provider;
        _options = options;
        _rsa = BucketOf(options.Rsa);
        _ecc = BucketOf(options.Ecc);
        _mlDsa = BucketOf(options.MlDsa);
        _total = BucketOf(options.Total);

        TokenBucket? BucketOf(int? permits) => permits is { } count ? new TokenBucket(count, options.Window, time) : null;
    }

    /// <exception cref="KeyServiceException">ProviderThrottled, with the time after which the call would be let through.</exception>
    public void Take(GuardedKey key)
    {
        var (family, name) = key.Algorithm.KeyType switch
        {
            "RSA" => (_rsa, nameof(QuotaOptions.Rsa)),
            "EC" or "OKP" => (_ecc, nameof(QuotaOptions.Ecc)),
            _ => (_mlDsa, nameof(QuotaOptions.MlDsa)),
        };
        if (family is not null && family.Take(1) is var wait && wait > TimeSpan.Zero)
            throw Exhausted(name, wait);
        if (_total is null || _total.Take(WeightOf(key)) is var sumWait && sumWait == TimeSpan.Zero)
            return;
        family?.GiveBack(1);
        throw Exhausted(nameof(QuotaOptions.Total), sumWait);
    }

    private int WeightOf(GuardedKey key) => key.ModulusBits switch
    {
        > 3072 => _options.Rsa4096Weight,
        > 2048 => _options.Rsa3072Weight,
        _ => 1,
    };

    private KeyServiceException Exhausted(string limit, TimeSpan wait) =>
        new(KeyServiceError.ProviderThrottled, $"Provider '{_provider}' has had what Providers:{_provider}:Quota:{limit} allows it.") { RetryAfter = wait };
}
