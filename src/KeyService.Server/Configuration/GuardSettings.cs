using KeyService.Server.Guard;

namespace KeyService.Server.Configuration;

/// <summary>Reads what section <c>Providers:&lt;name&gt;</c> has in common for every type.</summary>
internal static class GuardSettings
{
    private static readonly TimeSpan ShortestWindow = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromMinutes(1);

    /// <param name="defaults">What is right for the type of the provider.</param>
    public static GuardOptions Read(SettingsReader section, GuardOptions defaults) => defaults with
    {
        Timeout = section.OptionalDuration("Timeout", GuardOptions.ShortestTimeout, GuardOptions.LongestTimeout) ?? defaults.Timeout,
        MaxConcurrency = section.Integer("MaxConcurrency", defaults.MaxConcurrency, 1, 4096),
        MaxQueue = section.Integer("MaxQueue", defaults.MaxQueue, 0, 65536),
        Quota = QuotaOf(section) ?? defaults.Quota,
        VerifySignatures = CheckOf(section) ?? defaults.VerifySignatures,
    };

    private static SignatureCheck? CheckOf(SettingsReader section)
    {
        if (section.Text("VerifySignatures") is not { } text)
            return null;
        var names = Enum.GetNames<SignatureCheck>();
        if (names.Contains(text, StringComparer.Ordinal)) // Parse alone would take numbers, too
            return Enum.Parse<SignatureCheck>(text);
        section.Problem("VerifySignatures", $"must be one of {string.Join(", ", names)}, not '{text}'");
        return null;
    }

    private static QuotaOptions? QuotaOf(SettingsReader parent)
    {
        if (!parent.Has("Quota"))
            return null;
        var section = parent.Section("Quota");
        var before = new QuotaOptions();
        var quota = new QuotaOptions
        {
            Window = section.Duration("Window", before.Window, ShortestWindow, LongestWindow),
            Rsa = Permits("Rsa"),
            Ecc = Permits("Ecc"),
            MlDsa = Permits("MlDsa"),
            Total = Permits("Total"),
            Rsa3072Weight = section.Integer("Rsa3072Weight", before.Rsa3072Weight, 1, 1000),
            Rsa4096Weight = section.Integer("Rsa4096Weight", before.Rsa4096Weight, 1, 1000),
        };
        section.RefuseOthers();
        if (quota.Total < Math.Max(quota.Rsa3072Weight, quota.Rsa4096Weight))
            section.Problem("Total", "must be at least the weight of one signature, or that would never be made");
        return quota;

        int? Permits(string key) => section.Has(key) ? section.Integer(key, 1, 1, QuotaOptions.Most) : null;
    }
}
