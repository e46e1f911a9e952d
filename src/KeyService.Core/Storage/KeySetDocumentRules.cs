using System.Buffers;
using System.Buffers.Text;
using System.Text;
using KeyService.Core.Keys;
using KeyService.Core.Signing;

namespace KeyService.Core.Storage;

/// <summary>
/// What holds for every key set that was ever saved, so that a document which breaks it was damaged or tampered with.
/// Checked when writing too: what cannot be read back must not be saved.
/// </summary>
internal static class KeySetDocumentRules
{
    private const int ThumbprintBytes = 32;

    /// <summary>Names the first member at fault and what is wrong with it; null where there is none.</summary>
    public static string? FirstFault(KeySet keySet) => Faults(keySet).FirstOrDefault();

    private static IEnumerable<string> Faults(KeySet keySet) =>
    [
        .. If(keySet.Name.Length == 0, "name is empty"),
        .. If(!IsText(keySet.Name), "name is no text"),
        .. If(!IsText(keySet.Issuer), "issuer is no text"),
        .. If(keySet.Revision < 1, $"revision is {keySet.Revision}"),
        .. PolicyFaults(keySet.Policy),
        .. keySet.Signers.SelectMany((signer, i) => SignerFaults(signer, $"signers[{i}]")),
        .. keySet.Keys.SelectMany((key, i) => KeyFaults(key, $"keys[{i}]")),
        .. keySet.Intents.SelectMany((intent, i) => IntentFaults(intent, $"intents[{i}]")),
        .. keySet.Requests.SelectMany((request, i) => RequestFaults(request, $"requests[{i}]")),
        .. Repeated(keySet.Signers.Select(signer => $"{signer.Algorithm} of {signer.Provider}"), "signers"),
        .. Repeated(keySet.Keys.Select(key => key.Kid), "keys"),
        .. Repeated(keySet.Intents.Select(intent => intent.Id), "intents"),
        .. Repeated(keySet.Requests.Select(request => request.Id), "requests"),
    ];

    private static IEnumerable<string> PolicyFaults(KeySetPolicy policy) =>
    [
        .. If(policy.Propagation < TimeSpan.Zero, "policy.propagation is negative"),
        .. If(policy.MaxTokenLifetime < TimeSpan.Zero, "policy.maxTokenLifetime is negative"),
        .. If(policy.Retention < TimeSpan.Zero, "policy.retention is negative"),
        .. If(policy.ClockSkew < TimeSpan.Zero, "policy.clockSkew is negative"),
        .. If(policy.RotationPeriod <= TimeSpan.Zero, "policy.rotationPeriod is not positive"),
    ];

    private static IEnumerable<string> SignerFaults(Signer signer, string at)
    {
        var fits = signer.Algorithm.KeyType == "RSA" ? signer.ModulusBits is 2048 or 3072 or 4096 : signer.ModulusBits == 0;
        return
        [
            .. If(signer.Provider.Length == 0, $"{at}.provider is empty"),
            .. If(!fits, $"{at}.modulusBits is {signer.ModulusBits} for {signer.Algorithm}"),
        ];
    }

    private static IEnumerable<string> KeyFaults(Key key, string at)
    {
        var ends = new[] { key.Dates.Deactivates, key.Dates.Unpublishes, key.Dates.Destroys }.Count(end => end is not null);
        return
        [
            .. If(ByteCount(key.Kid) != ThumbprintBytes, $"{at}.kid is not a SHA-256 thumbprint"),
            .. If(key.Provider.Length == 0, $"{at}.provider is empty"),
            .. If(string.IsNullOrEmpty(key.Handle.Value), $"{at}.handle is empty"),
            .. If(key.Label.Length == 0, $"{at}.label is empty"),
            .. JwkFaults(key.PublicKey, key.Algorithm, $"{at}.publicKey"),
            .. If(!IsText(key.Reason), $"{at}.reason is no text"),
            .. If(ends is 1 or 2, $"{at}.dates has only some of deactivates, unpublishes and destroys"),
        ];
    }

    private static IEnumerable<string> JwkFaults(Jwk jwk, SigningAlgorithm algorithm, string at)
    {
        var isRsa = algorithm.KeyType == "RSA";
        var isAkp = algorithm.KeyType == "AKP";
        int? coordinate = isRsa || isAkp ? null : algorithm.FieldLength;
        return
        [
            .. If(jwk.KeyType != algorithm.KeyType, $"{at}.kty is not that of {algorithm}"),
            .. If(jwk.Curve != algorithm.Curve, $"{at}.crv is not that of {algorithm}"),
            .. If(ByteCount(jwk.X) != coordinate, $"{at}.x is not that of {algorithm}"),
            .. If(ByteCount(jwk.Y) != (algorithm.KeyType == "EC" ? coordinate : null), $"{at}.y is not that of {algorithm}"),
            .. If(isRsa ? ByteCount(jwk.Modulus) is not > 0 : jwk.Modulus is not null, $"{at}.n is not that of {algorithm}"),
            .. If(isRsa ? ByteCount(jwk.Exponent) is not > 0 : jwk.Exponent is not null, $"{at}.e is not that of {algorithm}"),
            .. If(jwk.Algorithm != (isAkp ? algorithm.Name : null), $"{at}.alg is not that of {algorithm}"),
            .. If(ByteCount(jwk.Public) != (isAkp ? algorithm.PublicKeyLength : null), $"{at}.pub is not that of {algorithm}"),
        ];
    }

    private static IEnumerable<string> IntentFaults(KeyIntent intent, string at) =>
    [
        .. If(intent.Id.Length != 32 || !intent.Id.All(char.IsAsciiHexDigit), $"{at}.id is not 32 hex digits"),
        .. If(intent.Provider.Length == 0, $"{at}.provider is empty"),
        .. If(!IsText(intent.Reason), $"{at}.reason is no text"),
    ];

    private static IEnumerable<string> RequestFaults(HandledRequest request, string at) =>
    [
        .. If(request.Id.Length == 0, $"{at}.id is empty"),
        .. If(!IsText(request.Id), $"{at}.id is no text"),
        .. If(!IsText(request.Fingerprint), $"{at}.fingerprint is no text"),
    ];

    /// <summary>Bytes in a base64url text (RFC 7515 §2); null for none, -1 where it is not in canonical form.</summary>
    private static int? ByteCount(string? base64Url)
    {
        if (base64Url is null)
            return null;
        var bytes = new byte[base64Url.Length];
        return Base64Url.IsValid(base64Url) // the decoder throws at what is none
            && Base64Url.TryDecodeFromChars(base64Url, bytes, out var count)
            && Base64Url.EncodeToString(bytes.AsSpan(0, count)) == base64Url // else one key would have several spellings
            ? count
            : -1;
    }

    /// <summary>False where half a surrogate pair stands alone: JSON would silently keep another character for it.</summary>
    private static bool IsText(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var length) != OperationStatus.Done)
                return false;
            text = text[length..];
        }
        return true;
    }

    private static IEnumerable<string> Repeated(IEnumerable<string> ids, string at) =>
        ids.CountBy(id => id).Where(id => id.Value > 1).Select(id => $"{at} holds {id.Key} more than once");

    private static IEnumerable<string> If(bool faulty, string fault) => faulty ? [fault] : [];
}
