using System.Globalization;
using System.Text.Json.Nodes;

namespace KeyService.Testing.Azure;

/// <summary>The bodies of answers: KeyBundle, KeyItem, DeletedKeyBundle and DeletedKeyItem of the Keys REST reference.</summary>
internal sealed class VaultAnswers(KeyVaultSettings settings, Func<string> address)
{
    public JsonObject Bundle(VaultKey key, VaultKeyVersion version)
    {
        var material = new JsonObject
        {
            ["kid"] = Kid(key, version),
            ["kty"] = version.Material.KeyType,
            ["key_ops"] = new JsonArray([.. version.Operations.Select(static operation => JsonValue.Create(operation))]),
        };
        version.Material.Describe(material);
        var bundle = new JsonObject { ["key"] = material, ["attributes"] = Attributes(version) };
        AddTags(bundle, version);
        return bundle;
    }

    public string Kid(VaultKey key, VaultKeyVersion version) => $"{address()}/keys/{key.Name}/{version.Id}";

    /// <summary>Of a list of keys: without version, and with the attributes of the latest.</summary>
    public JsonObject Item(VaultKey key) => Item($"{address()}/keys/{key.Name}", key.Latest);

    public JsonObject Item(string kid, VaultKeyVersion version)
    {
        var item = new JsonObject { ["kid"] = kid, ["attributes"] = Attributes(version) };
        AddTags(item, version);
        return item;
    }

    public JsonObject DeletedItem(VaultKey key) => AddDeletion(Item(key), key);

    public JsonObject DeletedBundle(VaultKey key) => AddDeletion(Bundle(key, key.Latest), key);

    public static JsonObject Error(string code, string message, string? innerCode)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = message };
        if (innerCode is not null)
            error["innererror"] = new JsonObject { ["code"] = innerCode };
        return new JsonObject { ["error"] = error };
    }

    private JsonObject AddDeletion(JsonObject answer, VaultKey key)
    {
        var deleted = key.Deleted!.Value; // only deleted keys come here
        answer["recoveryId"] = string.Create(CultureInfo.InvariantCulture, $"{address()}/deletedkeys/{key.Name}");
        answer["deletedDate"] = deleted.ToUnixTimeSeconds();
        answer["scheduledPurgeDate"] = deleted.AddDays(settings.RecoverableDays).ToUnixTimeSeconds();
        return answer;
    }

    private JsonObject Attributes(VaultKeyVersion version)
    {
        var attributes = new JsonObject { ["enabled"] = version.Enabled };
        if (version.NotBefore is { } begins)
            attributes["nbf"] = begins;
        if (version.Expires is { } ends)
            attributes["exp"] = ends;
        attributes["created"] = version.Created;
        attributes["updated"] = version.Updated;
        attributes["recoveryLevel"] = (settings.RecoverableDays < 90 ? "CustomizedRecoverable" : "Recoverable") + (settings.PurgeProtection ? "" : "+Purgeable");
        attributes["recoverableDays"] = settings.RecoverableDays;
        attributes["exportable"] = false;
        return attributes;
    }

    private static void AddTags(JsonObject answer, VaultKeyVersion version)
    {
        if (version.Tags.Count > 0)
            answer["tags"] = new JsonObject(version.Tags.Select(static tag => KeyValuePair.Create(tag.Key, (JsonNode?)tag.Value)));
    }
}
