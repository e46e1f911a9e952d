namespace KeyService.Providers.Aws.Keys;

/// <summary>
/// How a label stands in KMS: word for word as a tag, which is put on with the creation and says whose key it is, and as
/// the name of an alias, which only one key can have and so decides between creations that race.
/// </summary>
internal static class KeyLabel
{
    public const string TagPrefix = "keyservice:";
    public const string Tag = TagPrefix + "label";
    private const string DescriptionPrefix = "KeyService ";

    /// <summary>For people who look at the key, and for where the tags cannot be read.</summary>
    public static string Description(string label) => DescriptionPrefix + label;

    public static bool IsDescription(string? text) => text?.StartsWith(DescriptionPrefix, StringComparison.Ordinal) == true;

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
