using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace KeyService.Testing.Azure;

/// <summary>The operations on keys, each named as in the Keys REST reference, 7.4.</summary>
internal sealed partial class VaultOperations(KeyVaultSettings settings, VaultKeyStore store, VaultAnswers answers)
{
    private static readonly string[] RsaOperations = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"];
    private static readonly string[] EcOperations = ["sign", "verify"];

    /// <summary>Create Key.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The store owns the material, from its arrival on.")]
    public JsonObject Create(string name, JsonElement json)
    {
        if (!KeyName().IsMatch(name))
            throw VaultRefusal.BadParameter("A key name has 1 to 127 characters out of 0-9, a-z, A-Z and '-'.");
        var body = new VaultBody(json, "kty", "crv", "key_size", "key_ops", "public_exponent", "attributes", "tags", "release_policy");
        if (body.Member("release_policy") is not null || body.Member("public_exponent") is not null)
            throw VaultRefusal.BadParameter("Release policies and exponents are not supported here.");
        var keyType = body.RequiredText("kty");
        var isRsa = keyType is "RSA" or "RSA-HSM";
        CheckType(keyType);
        var allowed = isRsa ? RsaOperations : EcOperations;
        var operations = body.Texts("key_ops") ?? allowed;
        if (operations.Except(allowed, StringComparer.Ordinal).Any())
            throw VaultRefusal.BadParameter("key_ops holds an operation that keys of this type do not have.");
        var tags = body.Tags() ?? [];
        var attributes = ReadAttributes(body);
        var material = isRsa ? MakeRsa(keyType, body) : MakeEc(keyType, body);
        var (key, version) = store.Add(name, material, now =>
        {
            var made = new VaultKeyVersion(Guid.NewGuid().ToString("n"), material, operations, now) { Tags = tags, Updated = now };
            Apply(attributes, made);
            if (settings.ExpiryPolicy is { } policy)
                made.Expires ??= now + (long)policy.TotalSeconds;
            return made;
        });
        return answers.Bundle(key, version);
    }

    /// <summary>Get Key: the latest version where none is named.</summary>
    public JsonObject Get(string name, string? version)
    {
        var key = store.Get(name);
        var found = key.Version(version);
        found.ThrowUnlessUsable("get", store.Now);
        return answers.Bundle(key, found);
    }

    /// <summary>Update Key. What is left out stays as it is; tags are replaced as a whole.</summary>
    public JsonObject Update(string name, string? version, JsonElement json)
    {
        var body = new VaultBody(json, "attributes", "key_ops", "tags", "release_policy");
        if (body.Member("release_policy") is not null)
            throw VaultRefusal.BadParameter("Release policies are not supported here.");
        var (attributes, tags, operations) = (ReadAttributes(body), body.Tags(), body.Texts("key_ops"));
        var key = store.Get(name);
        return store.Change(() =>
        {
            var found = key.Version(version);
            Apply(attributes, found);
            found.Tags = tags ?? found.Tags;
            found.Operations = operations ?? found.Operations;
            found.Updated = store.Now;
            return answers.Bundle(key, found);
        });
    }

    public JsonObject Sign(string name, string version, JsonElement json, VaultFault? fault)
    {
        var (key, found) = Usable(name, version, "sign");
        var body = new VaultBody(json, "alg", "value");
        var signature = found.Material.Sign(VaultAlgorithm.Parse(body.RequiredText("alg")), body.Bytes("value"));
        if (fault?.BreakSignature == true)
            signature[^1] ^= 1;
        var kid = answers.Kid(key, found);
        if (fault?.WrongKid == true)
            kid = $"{kid[..^32]}{Guid.NewGuid():n}";
        return new JsonObject { ["kid"] = kid, ["value"] = Base64Url.EncodeToString(signature) };
    }

    public JsonObject Verify(string name, string version, JsonElement json)
    {
        var found = Usable(name, version, "verify").Version;
        var body = new VaultBody(json, "alg", "digest", "value");
        var valid = found.Material.Verify(VaultAlgorithm.Parse(body.RequiredText("alg")), body.Bytes("digest"), body.Bytes("value"));
        return new JsonObject { ["value"] = valid };
    }

    /// <summary>Delete Key: all versions.</summary>
    public JsonObject Delete(string name) => answers.DeletedBundle(store.Delete(name));

    public JsonObject GetDeleted(string name) => answers.DeletedBundle(store.GetDeleted(name));

    /// <summary>Recover Deleted Key.</summary>
    public JsonObject Recover(string name)
    {
        var key = store.Recover(name);
        return answers.Bundle(key, key.Latest);
    }

    /// <summary>Purge Deleted Key.</summary>
    public void Purge(string name) => store.Purge(name);

    private (VaultKey Key, VaultKeyVersion Version) Usable(string name, string version, string operation)
    {
        var key = store.Get(name);
        var found = key.Version(version);
        found.ThrowUnlessUsable(operation, store.Now);
        found.ThrowUnlessPermitted(operation);
        return (key, found);
    }

    private void CheckType(string keyType)
    {
        string[] offered = settings.Tier switch
        {
            VaultTier.Standard => ["RSA", "EC"],
            VaultTier.Premium => ["RSA", "EC", "RSA-HSM", "EC-HSM"],
            _ => ["RSA-HSM", "EC-HSM"],
        };
        if (!offered.Contains(keyType, StringComparer.Ordinal))
            throw VaultRefusal.BadParameter($"Keys of type {keyType} are not supported by this vault.");
    }

    private static VaultKeyMaterial MakeRsa(string keyType, VaultBody body) =>
        body.Member("crv") is null && (body.Number("key_size") ?? 2048) is (2048 or 3072 or 4096) and var bits
            ? VaultKeyMaterial.Rsa(keyType, (int)bits)
            : throw VaultRefusal.BadParameter("An RSA key has a key_size of 2048, 3072 or 4096 and no crv.");

    private static VaultKeyMaterial MakeEc(string keyType, VaultBody body) =>
        body.Member("key_size") is null
            ? VaultKeyMaterial.Ec(keyType, body.Text("crv") ?? "P-256")
            : throw VaultRefusal.BadParameter("An EC key has a crv and no key_size.");

    private static (bool? Enabled, long? NotBefore, long? Expires) ReadAttributes(VaultBody body)
    {
        if (body.Member("attributes") is not { } json)
            return default;
        var attributes = new VaultBody(json, "enabled", "nbf", "exp", "exportable");
        if (attributes.Flag("exportable") == true)
            throw VaultRefusal.BadParameter("An exportable key needs a release policy.");
        var (notBefore, expires) = (attributes.Number("nbf"), attributes.Number("exp"));
        return notBefore < expires || notBefore is null || expires is null
            ? (attributes.Flag("enabled"), notBefore, expires)
            : throw VaultRefusal.BadParameter("exp must come after nbf.");
    }

    private static void Apply((bool? Enabled, long? NotBefore, long? Expires) attributes, VaultKeyVersion version)
    {
        version.Enabled = attributes.Enabled ?? version.Enabled;
        version.NotBefore = attributes.NotBefore ?? version.NotBefore;
        version.Expires = attributes.Expires ?? version.Expires;
    }

    [GeneratedRegex("^[0-9a-zA-Z-]{1,127}$", RegexOptions.CultureInvariant)]
    private static partial Regex KeyName();
}
