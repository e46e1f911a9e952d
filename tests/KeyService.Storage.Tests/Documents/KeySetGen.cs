using System.Buffers.Text;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Storage.Tests.Documents;

/// <summary>Any key set that may be stored, likely or not: every optional member there or missing, every instant.</summary>
internal static class KeySetGen
{
    public static Arbitrary<KeySet> KeySets { get; } = KeySet().ToArbitrary();

    private static Gen<KeySet> KeySet() =>
        from name in Name()
        from revision in UpTo(long.MaxValue - 1).Select(saves => saves + 1)
        from created in Instant()
        from deleted in Perhaps(Instant())
        from issuer in PerhapsText()
        from policy in Policy()
        from signers in Signer().ListOf()
        from keys in Key().ListOf()
        from intents in Intent().ListOf()
        from requests in Request().ListOf()
        select new KeySet
        {
            Name = name,
            Revision = revision,
            Created = created,
            Deleted = deleted,
            Issuer = issuer,
            LegacyEdDsaName = issuer is null,
            Policy = policy,
            Signers = [.. signers.DistinctBy(signer => (signer.Algorithm, signer.Provider))],
            Keys = [.. keys.DistinctBy(key => key.Kid)],
            Intents = [.. intents.DistinctBy(intent => intent.Id)],
            Requests = [.. requests.DistinctBy(request => request.Id)],
        };

    private static Gen<KeySetPolicy> Policy() =>
        from propagation in Duration()
        from lifetime in Duration()
        from retention in Duration()
        from skew in Duration()
        from period in Perhaps(Duration())
        select new KeySetPolicy
        {
            Propagation = propagation,
            MaxTokenLifetime = lifetime,
            Retention = retention,
            ClockSkew = skew,
            RotationPeriod = period == TimeSpan.Zero ? null : period,
        };

    private static Gen<Signer> Signer() =>
        from algorithm in Algorithm()
        from provider in Name()
        from bits in Gen.Elements(2048, 3072, 4096)
        select new Signer(algorithm, provider, algorithm.KeyType == "RSA" ? bits : 0);

    private static Gen<Key> Key() =>
        from algorithm in Algorithm()
        from kid in Bytes(32)
        from provider in Name()
        from handle in Name()
        from label in Name()
        from jwk in Jwk(algorithm)
        from dates in Dates()
        from emergency in Flag()
        from reason in PerhapsText()
        select new Key
        {
            Kid = kid,
            Algorithm = algorithm,
            Provider = provider,
            Handle = new KeyHandle(handle),
            Label = label,
            PublicKey = jwk,
            Dates = dates,
            Emergency = emergency,
            Reason = reason,
        };

    private static Gen<Jwk> Jwk(SigningAlgorithm algorithm) => algorithm.KeyType switch
    {
        "RSA" => from n in Bytes(256) select new Jwk { KeyType = "RSA", Modulus = n, Exponent = "AQAB" },
        "EC" => from x in Bytes(algorithm.FieldLength)
                from y in Bytes(algorithm.FieldLength)
                select new Jwk { KeyType = "EC", Curve = algorithm.Curve, X = x, Y = y },
        "AKP" => from key in Bytes(algorithm.PublicKeyLength) select new Jwk { KeyType = "AKP", Algorithm = algorithm.Name, Public = key },
        _ => from x in Bytes(algorithm.FieldLength) select new Jwk { KeyType = algorithm.KeyType, Curve = algorithm.Curve, X = x },
    };

    private static Gen<KeyDates> Dates() =>
        from dates in Instant().ListOf(8)
        from ends in Flag()
        from compromised in Flag()
        from erased in Flag()
        select new KeyDates
        {
            Created = dates[0],
            Published = dates[1],
            Activates = dates[2],
            Deactivates = ends ? dates[3] : null,
            Unpublishes = ends ? dates[4] : null,
            Destroys = ends ? dates[5] : null,
            Compromised = compromised ? dates[6] : null,
            Erased = erased ? dates[7] : null,
        };

    private static Gen<KeyIntent> Intent() =>
        from id in IntentId()
        from algorithm in Algorithm()
        from provider in Name()
        from created in Instant()
        from scheduled in Flag()
        from emergency in Flag()
        from reason in PerhapsText()
        select new KeyIntent
        {
            Id = id,
            Algorithm = algorithm,
            Provider = provider,
            Created = created,
            Scheduled = scheduled,
            Emergency = emergency,
            Reason = reason,
        };

    private static Gen<HandledRequest> Request() =>
        from id in Name()
        from fingerprint in Text()
        from received in Instant()
        from intents in IntentId().ListOf()
        select new HandledRequest(id, fingerprint, received, [.. intents]);

    private static Gen<SigningAlgorithm> Algorithm() => Gen.Elements<SigningAlgorithm>(SigningAlgorithm.All);

    // Small numbers of ticks are as telling as large ones: they end in zeros, or have no seconds at all.
    private static Gen<DateTimeOffset> Instant() =>
        from ticks in Gen.OneOf(
            UpTo(DateTimeOffset.MaxValue.Ticks), UpTo(10_000_000), Gen.Elements(DateTimeOffset.MaxValue.Ticks))
        select new DateTimeOffset(ticks, TimeSpan.Zero);

    private static Gen<TimeSpan> Duration() =>
        from ticks in Gen.OneOf(UpTo(long.MaxValue), UpTo(10_000_000), Gen.Elements(0L, TimeSpan.TicksPerDay))
        select new TimeSpan(ticks);

    private static Gen<string> IntentId() => Gen.Elements("0123456789abcdef".ToCharArray()).ArrayOf(32).Select(digits => new string(digits));

    private static Gen<string> Bytes(int count) =>
        Gen.Choose(0, 255).Select(number => (byte)number).ArrayOf(count).Select(bytes => Base64Url.EncodeToString(bytes));

    private static Gen<string> Name() => Text().Where(text => text.Length > 0);

    /// <summary>Any Unicode text, control characters included, without halves of surrogate pairs.</summary>
    private static Gen<string> Text() =>
        Gen.OneOf(Gen.Choose(0, 0x7f), Gen.Choose(0, 0xd7ff), Gen.Choose(0xe000, 0x10ffff))
            .ListOf()
            .Select(points => points.Aggregate(new StringBuilder(), (text, point) => text.Append(new Rune(point).ToString())).ToString());

    private static Gen<string?> PerhapsText() => Gen.OneOf(Gen.Constant<string?>(null), Text().Select(text => (string?)text));

    private static Gen<T?> Perhaps<T>(Gen<T> gen)
        where T : struct => Gen.OneOf(Gen.Constant<T?>(null), gen.Select(value => (T?)value));

    private static Gen<long> UpTo(long largest) =>
        from high in Gen.Choose(0, int.MaxValue)
        from low in Gen.Choose(0, int.MaxValue)
        select (((long)high << 31) | (long)low) % (largest == long.MaxValue ? largest : largest + 1);

    private static Gen<bool> Flag() => Gen.Elements(true, false);
}
