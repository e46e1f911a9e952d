using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace KeyService.Testing.Aws;

/// <summary>The keys and aliases of one account and Region. It outlives the server that shows it.</summary>
internal sealed partial class KmsState(string region, string account, AwsFaults faults, TimeProvider time)
{
    public Lock Lock { get; } = new();

    /// <summary>In order of key id, which is random: pages show it as KMS does, in no order that means anything.</summary>
    public SortedDictionary<string, KmsKey> Keys { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, KmsAlias> Aliases { get; } = new(StringComparer.Ordinal);

    public AwsFaults Faults => faults;

    public int LongestPage { get; set; } = int.MaxValue;

    public DateTimeOffset Now => time.GetUtcNow();

    public string Account => account;

    private string ArnPrefix => $"arn:aws:kms:{region}:{account}:";

    public string KeyArn(string id) => $"{ArnPrefix}key/{id}";

    public string AliasArn(string name) => ArnPrefix + name;

    public static string NewKeyId(bool multiRegion) =>
        multiRegion ? "mrk-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) : Guid.NewGuid().ToString();

    /// <summary>Finds the key that a request names. Call under the lock.</summary>
    /// <param name="byAlias">Whether the operation takes an alias as well.</param>
    public KmsKey Resolve(string keyId, bool byAlias = false)
    {
        if (keyId.StartsWith("arn:", StringComparison.Ordinal))
        {
            // Of another account or Region: this endpoint does not say more (Sign, errors: NotFoundException).
            if (!keyId.StartsWith(ArnPrefix, StringComparison.Ordinal))
                throw AwsErrorException.NotFound($"Invalid arn {region}");
            keyId = keyId[ArnPrefix.Length..];
            if (keyId.StartsWith("key/", StringComparison.Ordinal))
                return Seen(keyId["key/".Length..]);
        }

        if (!keyId.StartsWith("alias/", StringComparison.Ordinal))
            return Seen(keyId);
        if (!byAlias || !Aliases.TryGetValue(keyId, out var alias) || IsHidden(alias))
            throw AwsErrorException.NotFound($"Alias {AliasArn(keyId)} is not found.");
        return Seen(alias.TargetKeyId);
    }

    private KmsKey Seen(string id)
    {
        if (!IdForm.IsMatch(id))
            throw AwsErrorException.NotFound($"Invalid keyId '{id}'");
        if (!Keys.TryGetValue(id, out var key) || key.HiddenReads-- > 0)
            throw AwsErrorException.NotFound($"Key '{KeyArn(id)}' does not exist");
        if (faults.IsLockedOut(key.Arn))
            throw new AwsErrorException("AccessDeniedException", "No resource-based policy allows it.");
        return key;
    }

    private static bool IsHidden(KmsAlias alias) => alias.HiddenReads-- > 0;

    [GeneratedRegex("^(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$")]
    private static partial Regex IdForm { get; }
}
