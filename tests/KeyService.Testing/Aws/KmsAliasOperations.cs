using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace KeyService.Testing.Aws;

internal sealed partial class KmsAliasOperations(KmsState state)
{
    private const int MostPerKey = 50;

    public JsonObject CreateAlias(JsonElement request)
    {
        var members = new KmsMembers(request, "AliasName", "TargetKeyId");
        var name = Name(members);
        if (name.StartsWith("alias/aws/", StringComparison.Ordinal))
            throw new AwsErrorException("NotAuthorizedException", "The prefix alias/aws/ is reserved.");
        lock (state.Lock)
        {
            var key = state.Resolve(members.Text("TargetKeyId", 1, 2048));
            KmsKeyOperations.ThrowIfPendingDeletion(key);
            if (state.Aliases.ContainsKey(name))
                throw new AwsErrorException("AlreadyExistsException", $"An alias with the name {state.AliasArn(name)} already exists");
            if (state.Aliases.Values.Count(alias => alias.TargetKeyId == key.Id) >= MostPerKey)
                throw new AwsErrorException("LimitExceededException", $"A key has at most {MostPerKey} aliases.");
            state.Aliases.Add(name, new KmsAlias(name, key.Id, state.Now, state.Faults.HiddenReads));
            return [];
        }
    }

    public JsonObject DeleteAlias(JsonElement request)
    {
        var name = Name(new KmsMembers(request, "AliasName"));
        lock (state.Lock)
        {
            return state.Aliases.Remove(name)
                ? []
                : throw AwsErrorException.NotFound($"Alias {state.AliasArn(name)} is not found.");
        }
    }

    public JsonObject ListAliases(JsonElement request)
    {
        var members = new KmsMembers(request, "KeyId", "Limit", "Marker");
        lock (state.Lock)
        {
            var target = members.OptionalText("KeyId", 1, 2048) is { } keyId ? state.Resolve(keyId) : null;
            var aliases = state.Aliases.Values
                .Where(alias => alias.HiddenReads <= 0 && (target is null || alias.TargetKeyId == target.Id))
                .Select(alias => (alias.Name, Item(alias)));
            return KmsPage.Of(members, "Aliases", aliases, most: 100, usual: 50, state.LongestPage);
        }
    }

    private JsonObject Item(KmsAlias alias) => new()
    {
        ["AliasArn"] = state.AliasArn(alias.Name),
        ["AliasName"] = alias.Name,
        ["TargetKeyId"] = alias.TargetKeyId,
        ["CreationDate"] = alias.Created.ToUnixTimeMilliseconds() / 1000.0,
        ["LastUpdatedDate"] = alias.Created.ToUnixTimeMilliseconds() / 1000.0,
    };

    private static string Name(KmsMembers members)
    {
        var name = members.Text("AliasName", 1, 256);
        return Form.IsMatch(name)
            ? name
            : throw AwsErrorException.Validation($"Value '{name}' at 'aliasName' failed to satisfy constraint: Member must satisfy the pattern of alias names");
    }

    /// <summary>CreateAlias, AliasName: letters, digits, slash, underscore and dash behind the prefix.</summary>
    [GeneratedRegex("^alias/[a-zA-Z0-9/_-]+$")]
    private static partial Regex Form { get; }
}
