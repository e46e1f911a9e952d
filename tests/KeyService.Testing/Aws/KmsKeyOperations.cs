using System.Text.Json;
using System.Text.Json.Nodes;

namespace KeyService.Testing.Aws;

/// <summary>Operations on keys and their tags. What each key state allows: KMS Developer Guide, "Key states of AWS KMS keys".</summary>
internal sealed class KmsKeyOperations(KmsState state)
{
    private const int LongestPolicy = 32 * 1024;

    public JsonObject CreateKey(JsonElement request)
    {
        var members = new KmsMembers(
            request, "KeySpec", "KeyUsage", "CustomerMasterKeySpec", "Description", "MultiRegion", "Origin", "Policy", "Tags", "BypassPolicyLockoutSafetyCheck");
        var specName = members.OptionalChoice("KeySpec", KmsKeySpec.Names) ?? members.OptionalChoice("CustomerMasterKeySpec", KmsKeySpec.Names) ?? "SYMMETRIC_DEFAULT";
        var usage = members.OptionalChoice("KeyUsage", KmsKeySpec.AllUsages) ?? "ENCRYPT_DECRYPT";
        var description = members.OptionalText("Description", 0, 8192) ?? "";
        var multiRegion = members.Flag("MultiRegion");
        var tags = KmsTags.Read(members, required: false);
        members.OptionalText("Policy", 1, LongestPolicy);
        members.Flag("BypassPolicyLockoutSafetyCheck");
        if ((members.OptionalChoice("Origin", "AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE") ?? "AWS_KMS") != "AWS_KMS")
            throw new AwsErrorException("UnsupportedOperationException", "This server makes keys of origin AWS_KMS only.");

        var spec = KmsKeySpec.Find(specName);
        if (!spec.Usages.Contains(usage, StringComparer.Ordinal))
            throw AwsErrorException.Validation($"KeyUsage {usage} is not compatible with KeySpec {specName}");

        var pair = spec.Make?.Invoke(); // before the lock: RSA takes its time
        lock (state.Lock)
        {
            var id = KmsState.NewKeyId(multiRegion);
            var key = new KmsKey
            {
                Id = id,
                Arn = state.KeyArn(id),
                Account = state.Account,
                Spec = spec,
                Usage = usage,
                Description = description,
                IsMultiRegion = multiRegion,
                Created = state.Now,
                Pair = pair,
                HiddenReads = state.Faults.HiddenReads,
            };
            KmsTags.Put(key, tags);
            state.Keys.Add(id, key);
            return new JsonObject { ["KeyMetadata"] = key.Metadata() };
        }
    }

    public JsonObject DescribeKey(JsonElement request)
    {
        var members = new KmsMembers(request, "KeyId", "GrantTokens");
        lock (state.Lock)
            return new JsonObject { ["KeyMetadata"] = state.Resolve(members.Text("KeyId", 1, 2048), byAlias: true).Metadata() };
    }

    public JsonObject ListKeys(JsonElement request)
    {
        var members = new KmsMembers(request, "Limit", "Marker");
        lock (state.Lock)
        {
            var keys = state.Keys.Values.Where(static key => key.HiddenReads <= 0)
                .Select(static key => (key.Id, new JsonObject { ["KeyArn"] = key.Arn, ["KeyId"] = key.Id }));
            return KmsPage.Of(members, "Keys", keys, most: 1000, usual: 100, state.LongestPage);
        }
    }

    public JsonObject ListResourceTags(JsonElement request)
    {
        var members = new KmsMembers(request, "KeyId", "Limit", "Marker");
        lock (state.Lock)
        {
            var key = state.Resolve(members.Text("KeyId", 1, 2048));
            return KmsPage.Of(members, "Tags", key.Tags.Select(static tag => (tag.Key, KmsTags.Write(tag))), most: 50, usual: 50, state.LongestPage);
        }
    }

    public JsonObject TagResource(JsonElement request)
    {
        var members = new KmsMembers(request, "KeyId", "Tags");
        var tags = KmsTags.Read(members, required: true);
        return Change(members, key => KmsTags.Put(key, tags));
    }

    public JsonObject UntagResource(JsonElement request)
    {
        var members = new KmsMembers(request, "KeyId", "TagKeys");
        var names = KmsTags.ReadKeys(members);
        return Change(members, key =>
        {
            foreach (var name in names)
                key.Tags.Remove(name);
        });
    }

    public JsonObject EnableKey(JsonElement request) => Change(new KmsMembers(request, "KeyId"), static key => key.State = "Enabled");

    public JsonObject DisableKey(JsonElement request) => Change(new KmsMembers(request, "KeyId"), static key => key.State = "Disabled");

    public JsonObject ScheduleKeyDeletion(JsonElement request)
    {
        var members = new KmsMembers(request, "KeyId", "PendingWindowInDays");
        var days = members.OptionalInteger("PendingWindowInDays", 7, 30) ?? 30;
        lock (state.Lock)
        {
            var key = state.Resolve(members.Text("KeyId", 1, 2048));
            ThrowIfPendingDeletion(key);
            key.State = "PendingDeletion";
            key.DeletionDate = state.Now.AddDays(days);
            return new JsonObject
            {
                ["KeyId"] = key.Arn,
                ["DeletionDate"] = key.DeletionDate.Value.ToUnixTimeMilliseconds() / 1000.0,
                ["KeyState"] = key.State,
                ["PendingWindowInDays"] = days,
            };
        }
    }

    public JsonObject CancelKeyDeletion(JsonElement request)
    {
        var members = new KmsMembers(request, "KeyId");
        lock (state.Lock)
        {
            var key = state.Resolve(members.Text("KeyId", 1, 2048));
            if (key.State != "PendingDeletion")
                throw new AwsErrorException("KMSInvalidStateException", $"{key.Arn} is not pending deletion.");
            key.State = "Disabled"; // and not Enabled: CancelKeyDeletion says so
            key.DeletionDate = null;
            return new JsonObject { ["KeyId"] = key.Arn };
        }
    }

    public static void ThrowIfPendingDeletion(KmsKey key)
    {
        if (key.State == "PendingDeletion")
            throw new AwsErrorException("KMSInvalidStateException", $"{key.Arn} is pending deletion.");
    }

    private JsonObject Change(KmsMembers members, Action<KmsKey> change)
    {
        lock (state.Lock)
        {
            var key = state.Resolve(members.Text("KeyId", 1, 2048));
            ThrowIfPendingDeletion(key);
            change(key);
            return [];
        }
    }
}
