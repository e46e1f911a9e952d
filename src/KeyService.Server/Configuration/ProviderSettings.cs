using KeyService.Providers.Pkcs11;
using KeyService.Server.Guard;

namespace KeyService.Server.Configuration;

/// <summary>Section <c>Providers:&lt;name&gt;</c>.</summary>
/// <param name="Options">The options of its type, such as Pkcs11Options. The composition root makes the provider from them.</param>
/// <param name="Guard">What is common to all types.</param>
internal sealed record ProviderSettings(string Name, object Options, GuardOptions Guard)
{
    private static readonly SortedDictionary<string, Func<SettingsReader, object>> Types = new(StringComparer.Ordinal)
    {
        ["AwsKms"] = AwsKmsSettings.Read,
        ["Pkcs11"] = Pkcs11Settings.Read,
    };

    public static ProviderSettings Read(SettingsReader section)
    {
        var type = section.RequiredText("Type");
        if (Types.TryGetValue(type, out var read))
        {
            var options = read(section);
            var guard = GuardSettings.Read(section, options is Pkcs11Options pkcs11 ? Pkcs11Settings.DefaultGuard(pkcs11) : new GuardOptions());
            section.RefuseOthers();
            return new ProviderSettings(section.Name, options, guard);
        }

        if (type.Length > 0) // what is missing was told already; without a type nothing can be said of the other settings
            section.Problem("Type", $"must be {string.Join(" or ", Types.Keys)}, not '{type}'");
        return new ProviderSettings(section.Name, new object(), new GuardOptions());
    }
}
