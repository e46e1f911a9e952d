using System.Text;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Signing;

namespace KeyService.Server.Api;

/// <summary>Checks the fields that several requests share. Each failure names its field and never repeats the value whole.</summary>
internal static class RequestRules
{
    private const int KidLength = 43; // SHA-256 in base64url
    private const int MaxReasonLength = 256;
    private const int MaxRequestIdLength = 128;

    // Throws on a lone surrogate, where the usual encoding would sign something else than was sent.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string KeySet(string name) => KeySetRules.IsName(name)
        ? name
        : throw KeyServiceException.Invalid("key_set", $"The key set's name {KeySetRules.NameRule}.");

    /// <summary>Null where none was named.</summary>
    public static SigningAlgorithm? Algorithm(string name, string field)
    {
        if (name.Length == 0)
            return null;
        if (name.Length > 16)
            throw KeyServiceException.Invalid(field, "The algorithm is unknown: no name of one is that long.");
        return SigningAlgorithm.TryParse(name, out var algorithm)
            ? algorithm
            : throw KeyServiceException.Invalid(field, $"The algorithm {KeySetRules.WhyNot(Printable(name))}.");
    }

    /// <summary>Null where none was named.</summary>
    public static string? Kid(string kid) => kid.Length == 0 ? null : RequiredKid(kid);

    public static string RequiredKid(string kid) =>
        kid.Length == KidLength && kid.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? kid
            : throw KeyServiceException.Invalid("kid", $"The kid must be {KidLength} base64url characters.");

    /// <summary>Null where none was given.</summary>
    public static string? RequestId(string id)
    {
        if (id.Length == 0)
            return null;
        return id.Length <= MaxRequestIdLength && id.All(c => c is > ' ' and <= '~')
            ? id
            : throw KeyServiceException.Invalid("request_id", $"The request_id must be 1 to {MaxRequestIdLength} visible ASCII characters.");
    }

    /// <summary>Null where none was given.</summary>
    public static string? Reason(string reason)
    {
        if (reason.Length == 0)
            return null;
        // Control characters could forge lines where the reason is shown.
        return reason.Length <= MaxReasonLength && !reason.Any(char.IsControl)
            ? reason
            : throw KeyServiceException.Invalid("reason", $"The reason must be at most {MaxReasonLength} characters without control characters.");
    }

    /// <summary>The claims as the UTF-8 that will be signed.</summary>
    public static byte[] Claims(string json, int maxBytes)
    {
        const string field = "claims_json";
        if (json.Length == 0)
            throw KeyServiceException.Invalid(field, "claims_json is missing: one JSON object with at least exp.");
        if (json.Length > maxBytes)
            throw TooLong();
        try
        {
            var bytes = StrictUtf8.GetBytes(json);
            return bytes.Length <= maxBytes ? bytes : throw TooLong();
        }
        catch (EncoderFallbackException)
        {
            throw KeyServiceException.Invalid(field, "claims_json is not Unicode: it holds half of a surrogate pair.");
        }

        KeyServiceException TooLong() => KeyServiceException.Invalid(field, $"claims_json is longer than {maxBytes} bytes.");
    }

    private static string Printable(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
