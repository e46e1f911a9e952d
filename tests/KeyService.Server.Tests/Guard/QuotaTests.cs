using System.Buffers.Text;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Server.Guard;
using KeyService.Testing;

namespace KeyService.Server.Tests.Guard;

public sealed class QuotaTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void A_windows_worth_may_be_taken_at_once_and_comes_back_evenly()
    {
        var bucket = new TokenBucket(10, TimeSpan.FromSeconds(1), _clock);
        Assert.Equal(10, TakeAll(bucket));
        Assert.Equal(TimeSpan.FromMilliseconds(100), bucket.Take(1));
        _clock.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(3, TakeAll(bucket));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(10, TakeAll(bucket));
    }

    [Fact]
    public void What_was_given_back_can_be_taken_again()
    {
        var bucket = new TokenBucket(5, TimeSpan.FromSeconds(1), _clock);
        Assert.Equal(5, TakeAll(bucket));
        bucket.GiveBack(2);
        Assert.Equal(2, TakeAll(bucket));
    }

    [Fact]
    public async Task Racing_callers_take_no_more_than_there_is()
    {
        var bucket = new TokenBucket(1000, TimeSpan.FromSeconds(1), _clock);
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => TakeAll(bucket))));
        Assert.Equal(1000, taken.Sum());
    }

    [Fact]
    public void Families_of_keys_are_counted_apart()
    {
        var quota = new Quota("kms", new QuotaOptions { Rsa = 1, Ecc = 2 }, _clock);
        quota.Take(Rsa(2048));
        quota.Take(Curve(SigningAlgorithm.ES256));
        quota.Take(Curve(SigningAlgorithm.Ed25519));
        quota.Take(Curve(SigningAlgorithm.MlDsa65)); // unlimited
        var rsa = Assert.Throws<KeyServiceException>(() => quota.Take(Rsa(2048)));
        var ecc = Assert.Throws<KeyServiceException>(() => quota.Take(Curve(SigningAlgorithm.ES384)));
        Assert.Equal((KeyServiceError.ProviderThrottled, TimeSpan.FromSeconds(1)), (rsa.Error, rsa.RetryAfter));
        Assert.Contains("Providers:kms:Quota:Rsa", rsa.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(0.5), ecc.RetryAfter);
    }

    [Fact]
    public void A_sum_counts_long_keys_by_their_weight()
    {
        // The first row of "Azure Key Vault service limits" for HSM keys, a hundredth of it: 20 in 10 s, 3072 bits count 4, 4096 bits 8.
        var options = new QuotaOptions { Window = TimeSpan.FromSeconds(10), Total = 20, Rsa3072Weight = 4, Rsa4096Weight = 8 };
        var quota = new Quota("vault", options, _clock);
        quota.Take(Rsa(4096));
        quota.Take(Rsa(4096));
        quota.Take(Rsa(3072));
        var refused = Assert.Throws<KeyServiceException>(() => quota.Take(Rsa(2048)));
        Assert.Equal(TimeSpan.FromSeconds(0.5), refused.RetryAfter);
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        quota.Take(Curve(SigningAlgorithm.ES256));
        Assert.Throws<KeyServiceException>(() => quota.Take(Rsa(2048)));
    }

    [Fact]
    public void What_the_sum_refuses_is_not_counted_for_the_family()
    {
        var quota = new Quota("vault", new QuotaOptions { Rsa = 2, Total = 8, Rsa4096Weight = 8 }, _clock);
        quota.Take(Rsa(4096));
        Assert.Contains("Quota:Total", Assert.Throws<KeyServiceException>(() => quota.Take(Rsa(4096))).Message, StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromSeconds(0.125));
        quota.Take(Rsa(2048)); // the second of two
    }

    private static int TakeAll(TokenBucket bucket)
    {
        var taken = 0;
        while (bucket.Take(1) == TimeSpan.Zero)
            taken++;
        return taken;
    }

    private static GuardedKey Curve(SigningAlgorithm algorithm) => new("kms", new KeyHandle("k"), algorithm, publicKey: null);

    private static GuardedKey Rsa(int bits)
    {
        var modulus = new byte[bits / 8];
        modulus[0] = 0xff;
        return new GuardedKey("kms", new KeyHandle("k"), SigningAlgorithm.RS256, new Jwk { KeyType = "RSA", Modulus = Base64Url.EncodeToString(modulus), Exponent = "AQAB" });
    }
}
