using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace KeyService.Core.Signing;

/// <summary>One pass over the claims: see <see cref="Claims.Read"/>. Messages name members, never values.</summary>
internal ref struct ClaimsReader
{
    private const decimal Year10000 = 253402300800; // seconds; DateTimeOffset ends there

    private Utf8JsonReader _json;
    private MemberNames _names;
    private string? _issuer;
    private DateTimeOffset? _expiresAt;
    private DateTimeOffset? _notBefore;
    private DateTimeOffset? _issuedAt;

    public static Claims Read(ReadOnlySpan<byte> utf8)
    {
        // The JSON reader looks at the bytes of a string only when asked for it, and we ask for few.
        if (!Utf8.IsValid(utf8))
            throw Malformed("The claims are not valid UTF-8.");

        var reader = new ClaimsReader { _json = new Utf8JsonReader(utf8), _names = new MemberNames(utf8.Length) };
        try
        {
            return reader.ReadObject();
        }
        catch (JsonException exception)
        {
            // Not the exception's own words, which quote the payload.
            throw Malformed(string.Create(
                CultureInfo.InvariantCulture,
                $"The claims are not one JSON object (RFC 8259): error in line {exception.LineNumber + 1} at byte {exception.BytePositionInLine + 1}."));
        }
        finally
        {
            reader._names.Release();
        }
    }

    private Claims ReadObject()
    {
        _json.Read();
        if (_json.TokenType != JsonTokenType.StartObject)
            throw Malformed("The claims are not a JSON object.");

        CheckToken();
        while (_json.Read()) // past the end as well: there it looks for trailing bytes
        {
            CheckToken();
            if (_json.TokenType == JsonTokenType.PropertyName && _json.CurrentDepth == 1)
                ReadRegistered();
        }

        return new Claims
        {
            Issuer = _issuer,
            ExpiresAt = _expiresAt ?? throw Claims.Rejected("exp", "is missing"),
            NotBefore = _notBefore,
            IssuedAt = _issuedAt,
        };
    }

    private void ReadRegistered()
    {
        if (_json.ValueTextEquals("exp"u8))
            _expiresAt = ReadDate("exp", roundUp: true);
        else if (_json.ValueTextEquals("nbf"u8))
            _notBefore = ReadDate("nbf", roundUp: false);
        else if (_json.ValueTextEquals("iat"u8))
            _issuedAt = ReadDate("iat", roundUp: false);
        else if (_json.ValueTextEquals("iss"u8))
            _issuer = ReadString("iss");
        else if (_json.ValueTextEquals("sub"u8))
            SkipString("sub");
        else if (_json.ValueTextEquals("jti"u8))
            SkipString("jti");
        else if (_json.ValueTextEquals("aud"u8))
            SkipAudience();
    }

    private string ReadString(string claim)
    {
        SkipString(claim);
        return _json.GetString() ?? throw Claims.Rejected(claim, "must be a string");
    }

    private void SkipString(string claim)
    {
        ReadValue();
        if (_json.TokenType != JsonTokenType.String)
            throw Claims.Rejected(claim, "must be a string");
    }

    private void SkipAudience()
    {
        const string Fault = "must be a string or an array of strings";
        ReadValue();
        if (_json.TokenType == JsonTokenType.String)
            return;

        if (_json.TokenType != JsonTokenType.StartArray)
            throw Claims.Rejected("aud", Fault);

        for (ReadValue(); _json.TokenType != JsonTokenType.EndArray; ReadValue())
        {
            if (_json.TokenType != JsonTokenType.String)
                throw Claims.Rejected("aud", Fault);
        }
    }

    private DateTimeOffset ReadDate(string claim, bool roundUp)
    {
        ReadValue();
        if (_json.TokenType != JsonTokenType.Number)
            throw Claims.Rejected(claim, "must be a number of seconds since 1970");

        if (_json.ValueSpan[0] == '-')
            throw Claims.Rejected(claim, "must not be negative");

        // A decimal, because a double would lose the fraction that rounding up depends on.
        var known = _json.TryGetDecimal(out var seconds);
        if (roundUp)
            seconds = decimal.Ceiling(seconds);

        if (!known || seconds >= Year10000)
            throw Claims.Rejected(claim, "must be before the year 10000");

        return DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
    }

    private void ReadValue()
    {
        _json.Read();
        CheckToken();
    }

    private void CheckToken()
    {
        switch (_json.TokenType)
        {
            case JsonTokenType.StartObject:
                CheckDepth();
                _names.OpenObject();
                break;
            case JsonTokenType.StartArray:
                CheckDepth();
                break;
            case JsonTokenType.EndObject:
                _names.CloseObject();
                break;
            case JsonTokenType.PropertyName:
                CheckEscapes();
                if (!_names.TryAdd(ref _json, out var name))
                    throw Malformed($"The claims name the member \"{Printable(name)}\" twice in one object.");

                break;
            case JsonTokenType.String:
                CheckEscapes();
                break;
        }
    }

    private readonly void CheckDepth()
    {
        if (_json.CurrentDepth >= Claims.MaxDepth)
            throw Malformed($"The claims nest deeper than {Claims.MaxDepth} levels.");
    }

    /// <summary>Half a surrogate pair stands for no character: verifiers differ in what they make of it (RFC 8259 §8.2).</summary>
    private readonly void CheckEscapes()
    {
        if (_json.ValueIsEscaped && JsonEscapes.HoldLoneSurrogate(_json.ValueSpan))
            throw Malformed("The claims hold an escaped surrogate without its other half.");
    }

    private static string Printable(string name) =>
        JavaScriptEncoder.Default.Encode(name.Length <= 64 ? name : name[..64] + "…");

    private static KeyServiceException Malformed(string message) => KeyServiceException.Invalid(Claims.Field, message);
}
