using System.Text.Json;
using System.Text.Json.Nodes;

namespace KeyService.Testing.Aws;

/// <summary>GetPublicKey, Sign and Verify.</summary>
internal sealed class KmsSignOperations(KmsState state)
{
    private const int LongestMessage = 4096;
    private const int LongestSignature = 6144;

    public JsonObject GetPublicKey(JsonElement request)
    {
        var members = new KmsMembers(request, "KeyId", "GrantTokens");
        var key = Usable(members.Text("KeyId", 1, 2048));
        if (key.Pair is not { } pair)
            throw new AwsErrorException("UnsupportedOperationException", $"{key.Arn} has no public key.");
        return new JsonObject
        {
            ["KeyId"] = key.Arn,
            ["PublicKey"] = Convert.ToBase64String(pair.SubjectPublicKeyInfo),
            ["CustomerMasterKeySpec"] = key.Spec.Name,
            ["KeySpec"] = key.Spec.Name,
            ["KeyUsage"] = key.Usage,
            ["SigningAlgorithms"] = new JsonArray([.. key.SigningAlgorithms.Select(static name => (JsonNode)name)]),
        };
    }

    public JsonObject Sign(JsonElement request, AwsFault? fault)
    {
        var call = Read(new KmsMembers(request, "KeyId", "Message", "MessageType", "SigningAlgorithm", "GrantTokens", "DryRun"));
        var signature = call.Pair.Sign(call.Algorithm, call.MessageType, call.Message);
        return new JsonObject
        {
            ["KeyId"] = fault is { NamesForeignKey: true } ? state.KeyArn(Guid.NewGuid().ToString()) : call.Key.Arn,
            ["Signature"] = Convert.ToBase64String(fault?.Spoils is { } spoil ? spoil(signature) : signature),
            ["SigningAlgorithm"] = call.Algorithm.Name,
        };
    }

    public JsonObject Verify(JsonElement request)
    {
        var members = new KmsMembers(request, "KeyId", "Message", "MessageType", "SigningAlgorithm", "Signature", "GrantTokens", "DryRun");
        var signature = members.Blob("Signature", 1, LongestSignature);
        var call = Read(members);
        if (!call.Pair.Verify(call.Algorithm, call.MessageType, call.Message, signature))
            throw new AwsErrorException("KMSInvalidSignatureException", "The signature does not verify.");
        return new JsonObject { ["KeyId"] = call.Key.Arn, ["SignatureValid"] = true, ["SigningAlgorithm"] = call.Algorithm.Name };
    }

    private Call Read(KmsMembers members)
    {
        var keyId = members.Text("KeyId", 1, 2048);
        var message = members.Blob("Message", 1, LongestMessage);
        var messageType = members.OptionalChoice("MessageType", "RAW", "DIGEST", "EXTERNAL_MU") ?? "RAW";
        var name = members.Choice("SigningAlgorithm", KmsAlgorithm.Names);
        var dryRun = members.Flag("DryRun");

        var key = Usable(keyId);
        if (key.Usage != "SIGN_VERIFY" || key.Pair is null || KmsAlgorithm.Find(name) is not { } algorithm || !key.Spec.Algorithms.Contains(algorithm))
            throw new AwsErrorException("InvalidKeyUsageException", $"Algorithm {name} and key spec {key.Spec.Name} with usage {key.Usage} do not fit.");
        CheckLength(algorithm, messageType, message.Length);
        return dryRun
            ? throw new AwsErrorException("DryRunOperationException", "The request would have succeeded, but the DryRun parameter is set.")
            : new Call(key, key.Pair, algorithm, messageType, message);
    }

    /// <summary>Sign, "MessageType" and "SigningAlgorithm": what each algorithm takes, and how long.</summary>
    private static void CheckLength(KmsAlgorithm algorithm, string messageType, int length)
    {
        var allowed = messageType switch
        {
            "DIGEST" => algorithm.DigestLength > 0,
            "EXTERNAL_MU" => algorithm == KmsAlgorithm.MlDsa,
            _ => algorithm != KmsAlgorithm.Ed25519Ph,
        };
        if (!allowed)
            throw AwsErrorException.Validation($"MessageType {messageType} is not valid for {algorithm.Name}.");
        var expected = messageType switch { "DIGEST" => algorithm.DigestLength, "EXTERNAL_MU" => 64, _ => length };
        if (length != expected)
            throw AwsErrorException.Validation($"A message of type {messageType} for {algorithm.Name} has {expected} bytes.");
    }

    private KmsKey Usable(string keyId)
    {
        lock (state.Lock)
        {
            var key = state.Resolve(keyId, byAlias: true);
            KmsKeyOperations.ThrowIfPendingDeletion(key);
            return key.State == "Enabled" ? key : throw new AwsErrorException("DisabledException", $"{key.Arn} is disabled.");
        }
    }

    private sealed record Call(KmsKey Key, KmsKeyPair Pair, KmsAlgorithm Algorithm, string MessageType, byte[] Message);
}
