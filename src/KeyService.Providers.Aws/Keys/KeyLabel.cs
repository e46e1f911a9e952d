using KeyService.Core;

namespace KeyService.Providers.Aws.Keys;

/// <summary>
/// How a label stands in KMS: word for word as a tag, which is put on with the creation and says whose key it is, and as
/// the name of an alias, which only one key can have and so decides between creations that race.
/// </summary>
internal static class KeyLabel
{
    public const string TagPrefix = "keyservice:";
    public const string Tag = TagPrefix + "label";

    /// <exception cref="KeyServiceException">The label breaks the rule of <see cref="Core.Providers.IKeyProvider.CreateKeyAsync"/>.</exception>
    public static void Check(string label)
    {
        if (label.Length is < 1 or > 128 || !label.All(static letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '.' or '_' or '/'))
            throw KeyServiceException.Invalid("label", "A key label has 1 to 128 characters out of a-z, 0-9, '-', '.', '_' and '/'.");
    }

    /// <summary>
    /// An alias takes no dot and must not begin with aws/ (CreateAlias, AliasName). Labels have no capitals, so a P for
    /// each dot (period), and Aws/, keep different labels apart.
    /// </summary>
    public static string Alias(string label)
    {
        var name = label.Replace('.', 'P');
        return "alias/" + (name.StartsWith("aws/", StringComparison.Ordinal) ? "A" + name[1..] : name);
    }
}
