using System.Globalization;
using System.Text;
using KeyService.Core.Providers;
using KeyService.Providers.Pkcs11.Cryptoki;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>What a token says of itself, for an operator.</summary>
internal static class TokenInspection
{
    /// <summary>The names of the mechanisms that a signing service may care for; the others show by number.</summary>
    private static readonly Dictionary<nuint, string> Names = new()
    {
        [Ck.Mechanism.RsaPkcsKeyPairGen] = "CKM_RSA_PKCS_KEY_PAIR_GEN",
        [Ck.Mechanism.RsaPkcs] = "CKM_RSA_PKCS",
        [Ck.Mechanism.RsaPkcsPss] = "CKM_RSA_PKCS_PSS",
        [0x40] = "CKM_SHA256_RSA_PKCS",
        [0x41] = "CKM_SHA384_RSA_PKCS",
        [0x42] = "CKM_SHA512_RSA_PKCS",
        [0x43] = "CKM_SHA256_RSA_PKCS_PSS",
        [0x44] = "CKM_SHA384_RSA_PKCS_PSS",
        [0x45] = "CKM_SHA512_RSA_PKCS_PSS",
        [Ck.Mechanism.EcKeyPairGen] = "CKM_EC_KEY_PAIR_GEN",
        [Ck.Mechanism.Ecdsa] = "CKM_ECDSA",
        [0x1044] = "CKM_ECDSA_SHA256",
        [0x1045] = "CKM_ECDSA_SHA384",
        [0x1046] = "CKM_ECDSA_SHA512",
        [Ck.Mechanism.EcEdwardsKeyPairGen] = "CKM_EC_EDWARDS_KEY_PAIR_GEN",
        [Ck.Mechanism.EdDsa] = "CKM_EDDSA",
    };

    private const string Unknown = "unknown";

    public static unsafe ProviderFacts Describe(TokenSession session, DateTimeOffset now)
    {
        CkTokenRecord token;
        CryptokiException.ThrowUnlessOk("C_GetTokenInfo", session.Functions.GetTokenRecord(session.Connection.Slot, &token));
        return new ProviderFacts
        {
            Backend = new Dictionary<string, string>
            {
                ["token"] = Text(token.Label),
                ["manufacturer"] = Text(token.Manufacturer),
                ["model"] = Text(token.Model),
                ["serial number"] = Text(token.SerialNumber),
                ["hardware version"] = Version(token.HardwareVersion),
                ["firmware version"] = Version(token.FirmwareVersion),
            },
            Mechanisms = Mechanisms(session),
            SignatureEncoding = "R‖S from the token, passed on as it is",
            Limits = new Dictionary<string, string>
            {
                ["most sessions"] = Most(token.MaxSessionCount),
                ["most read-write sessions"] = Most(token.MaxRwSessionCount),
                ["sessions open"] = token.SessionCount == Ck.Unavailable ? Unknown : token.SessionCount.ToString(CultureInfo.InvariantCulture),
            },
            ClockSkew = (token.Flags & Ck.Flag.ClockOnToken) != 0 ? Skew(Text(token.UtcTime), now) : null,
        };
    }

    private static unsafe List<string> Mechanisms(TokenSession session)
    {
        nuint count;
        CryptokiException.ThrowUnlessOk("C_GetMechanismList", session.Functions.GetMechanismList(session.Connection.Slot, null, &count));
        var mechanisms = new nuint[Math.Max(count, 1)];
        fixed (nuint* first = mechanisms)
            CryptokiException.ThrowUnlessOk("C_GetMechanismList", session.Functions.GetMechanismList(session.Connection.Slot, first, &count));
        var listed = mechanisms.Take((int)count).ToHashSet();
        var others = listed.Count(mechanism => !Names.ContainsKey(mechanism));
        return [.. Names.Where(name => listed.Contains(name.Key)).Select(static name => name.Value), .. others == 0 ? [] : new[] { $"{others} others" }];
    }

    private static string Text(ReadOnlySpan<byte> padded) => Encoding.UTF8.GetString(padded.TrimEnd(" \0"u8));

    /// <summary>CK_VERSION: major in the first byte, minor in the second.</summary>
    private static string Version(ushort version) => string.Create(CultureInfo.InvariantCulture, $"{version & 0xff}.{version >> 8}");

    /// <summary>CK_EFFECTIVELY_INFINITE is 0, and some tokens that mean "unknown" say that too.</summary>
    private static string Most(nuint count) =>
        count == Ck.Unavailable ? Unknown : count == 0 ? "no limit told" : count.ToString(CultureInfo.InvariantCulture);

    /// <summary>CK_TOKEN_INFO: YYYYMMDDhhmmss and two characters that mean nothing yet.</summary>
    private static TimeSpan? Skew(string utcTime, DateTimeOffset now) =>
        utcTime.Length >= 14 && DateTimeOffset.TryParseExact(
            utcTime[..14], "yyyyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var clock)
            ? clock - now
            : null;
}
