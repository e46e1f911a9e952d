using System.Buffers;
using System.Text.Json;

namespace KeyService.Core.Audit;

/// <summary>What the service signs from time to time: that its log had this hash at this line. The payload of a JWS.</summary>
/// <param name="Instance">Whose log.</param>
/// <param name="Tip">The line.</param>
/// <param name="Time">When it was said; UTC.</param>
public sealed record CheckpointStatement(string Instance, AuditTip Tip, DateTimeOffset Time)
{
    /// <summary>The <c>typ</c> of its JWS. No verifier of access tokens takes it, and without <c>exp</c> it is no token for them either.</summary>
    public const string Type = "keyservice-audit";

    public byte[] Write()
    {
        var payload = new ArrayBufferWriter<byte>(192);
        using var json = new Utf8JsonWriter(payload);
        json.WriteStartObject();
        json.WriteString("instance", Instance);
        json.WriteNumber("seq", Tip.Sequence);
        json.WriteString("hash", Tip.Hash);
        json.WriteString("time", Time);
        json.WriteEndObject();
        json.Flush();
        return payload.WrittenSpan.ToArray();
    }

    /// <summary>Null where it is no statement.</summary>
    public static CheckpointStatement? Read(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var json = JsonDocument.Parse(payload);
            var members = json.RootElement;
            return new CheckpointStatement(
                members.GetProperty("instance").GetString() ?? "",
                new AuditTip(members.GetProperty("seq").GetInt64(), members.GetProperty("hash").GetString() ?? ""),
                members.GetProperty("time").GetDateTimeOffset());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
