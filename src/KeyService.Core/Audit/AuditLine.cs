using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace KeyService.Core.Audit;

/// <summary>What a verifier reads of a line.</summary>
/// <param name="Previous">Its <c>prev</c>.</param>
/// <param name="Hash">Its <c>hash</c>, which fits its bytes.</param>
public sealed record AuditLine(long Sequence, string Event, string? Instance, string? Jws, string Previous, string Hash)
{
    private const int HashMember = 8 + 1 + AuditFormat.HashLength + 2; // ,"hash": and "…"}
    private const int PreviousMember = 8 + 1 + AuditFormat.HashLength + 1;

    /// <summary>Reads a line and checks it against its own hash.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="fault">What is wrong with it.</param>
    public static bool TryRead(ReadOnlySpan<byte> line, [NotNullWhen(true)] out AuditLine? read, [NotNullWhen(false)] out string? fault)
    {
        read = null;
        fault = "it is no line of an audit log";
        if (line.Length >= AuditFormat.MaxLineBytes || line.Length < HashMember + PreviousMember || !line.StartsWith("{\"seq\":"u8))
            return false;
        var body = line[..^HashMember];
        if (HashOf(line[body.Length..], ",\"hash\":\""u8, "\"}"u8) is not { } hash || HashOf(body[^PreviousMember..], ",\"prev\":\""u8, "\""u8) is not { } previous)
            return false;
        if (AuditFormat.HashOf(body) != hash)
        {
            fault = "its content does not fit its hash";
            return false;
        }

        if (!Utf8Parser.TryParse(line["{\"seq\":".Length..], out long sequence, out var digits) || line["{\"seq\":".Length + digits] != (byte)',')
            return false;
        if (!TryReadMembers(line, out var kind, out var instance, out var jws))
            return false;
        read = new AuditLine(sequence, kind, instance, jws, previous, hash);
        fault = null;
        return true;
    }

    /// <summary>The hash between two fixed ends; null where the span does not look like that.</summary>
    private static string? HashOf(ReadOnlySpan<byte> member, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after) =>
        member.StartsWith(before) && member.EndsWith(after) && Base64Url.IsValid(member[before.Length..^after.Length])
            ? Encoding.ASCII.GetString(member[before.Length..^after.Length])
            : null;

    private static bool TryReadMembers(ReadOnlySpan<byte> line, [NotNullWhen(true)] out string? kind, out string? instance, out string? jws)
    {
        (kind, instance, jws) = (null, null, null);
        try
        {
            var reader = new Utf8JsonReader(line);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                if (reader.ValueTextEquals("event"u8))
                    kind = TextOf(ref reader);
                else if (reader.ValueTextEquals("instance"u8))
                    instance = TextOf(ref reader);
                else if (reader.ValueTextEquals("jws"u8))
                    jws = TextOf(ref reader);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second: a text that is no Unicode
        {
            return false;
        }

        return kind is not null;
    }

    private static string? TextOf(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
}
