using KeyService.Server.Configuration;
using KeyService.Server.Guard;
using Microsoft.Extensions.Configuration;

namespace KeyService.Server.Tests.Configuration;

/// <summary>What every type of provider has in common.</summary>
public sealed class GuardSettingsTests
{
    private const string Provider = "KeyService:Providers:hsm:";

    [Fact]
    public void What_is_absent_is_what_suits_a_token()
    {
        var guard = Read(("MaxSessions", "8"));
        Assert.Equal((null, 64, 1024, null, SignatureCheck.Sampled), (guard.Timeout, guard.MaxConcurrency, guard.MaxQueue, guard.Quota, guard.VerifySignatures));
    }

    [Fact]
    public void What_is_written_is_taken()
    {
        var guard = Read(
            ("Timeout", "750ms"), ("MaxConcurrency", "7"), ("MaxQueue", "0"), ("VerifySignatures", "Off"),
            ("Quota:Window", "10s"), ("Quota:Rsa", "1000"), ("Quota:Ecc", "2000"), ("Quota:MlDsa", "3000"),
            ("Quota:Total", "4000"), ("Quota:Rsa3072Weight", "4"), ("Quota:Rsa4096Weight", "8"));
        var quota = new QuotaOptions
        {
            Window = TimeSpan.FromSeconds(10),
            Rsa = 1000,
            Ecc = 2000,
            MlDsa = 3000,
            Total = 4000,
            Rsa3072Weight = 4,
            Rsa4096Weight = 8,
        };
        Assert.Equal((TimeSpan.FromMilliseconds(750), 7, 0, SignatureCheck.Off, quota), (guard.Timeout, guard.MaxConcurrency, guard.MaxQueue, guard.VerifySignatures, guard.Quota));
    }

    [Theory]
    [InlineData("Timeout", "10ms", "must be a duration")]
    [InlineData("Timeout", "6m", "must be a duration")]
    [InlineData("MaxConcurrency", "0", "must be a whole number from 1 to 4096")]
    [InlineData("MaxQueue", "-1", "must be a whole number from 0 to 65536")]
    [InlineData("VerifySignatures", "always", "must be one of Always, Sampled, Off")]
    [InlineData("VerifySignatures", "1", "must be one of Always, Sampled, Off")]
    [InlineData("Quota:Window", "2m", "must be a duration")]
    [InlineData("Quota:Rsa", "0", "must be a whole number from 1 to 1000000")]
    [InlineData("Quota:Ecc", "many", "must be a whole number")]
    [InlineData("Quota:Total", "", "must not be empty")]
    [InlineData("Quota:Rsa4096Weight", "0", "must be a whole number from 1 to 1000")]
    [InlineData("Quota:PerSecond", "5", "is unknown")]
    public void A_wrong_value_is_refused_by_its_name(string key, string value, string problem)
    {
        var refusal = Assert.Throws<SettingsException>(() => Read((key, value)));
        Assert.Contains(refusal.Problems, found => found.StartsWith($"{Provider}{key} {problem}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_sum_in_which_not_one_signature_fits_is_refused()
    {
        var refusal = Assert.Throws<SettingsException>(() => Read(("Quota:Total", "7"), ("Quota:Rsa4096Weight", "8")));
        Assert.StartsWith($"{Provider}Quota:Total must be at least", Assert.Single(refusal.Problems), StringComparison.Ordinal);
    }

    private static GuardOptions Read(params (string Key, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>(SettingsCases.Right);
        foreach (var (key, value) in settings)
            values[Provider + key] = value;
        return SettingsLoader.Check(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), DateTimeOffset.UnixEpoch).Providers.Single().Guard;
    }
}
