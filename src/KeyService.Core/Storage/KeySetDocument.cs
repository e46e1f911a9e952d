using System.Text.Json;
using KeyService.Core.Keys;

namespace KeyService.Core.Storage;

/// <summary>
/// A key set as the bytes that a store keeps: UTF-8 JSON, the same bytes for the same key set on every replica.
/// <para>
/// A member that this version does not know is refused, not skipped: a replica that dropped it would write the document
/// back without it, and during an upgrade old and new replicas write in turn. So whoever adds a member raises
/// <see cref="NewestFormat"/>, and has the writer keep to the lowest format that holds the key set: then replicas of both
/// versions work side by side until someone uses what is new.
/// </para>
/// </summary>
public static class KeySetDocument
{
    /// <summary>The newest format that this version reads and writes.</summary>
    public const int NewestFormat = 1;

    /// <exception cref="ArgumentException">
    /// The key set breaks a rule that <see cref="Read"/> would refuse it for. Whoever made it has a bug.
    /// </exception>
    public static byte[] Write(KeySet keySet)
    {
        if (KeySetDocumentRules.FirstFault(keySet) is { } fault)
            throw new ArgumentException($"Key set '{keySet.Name}' cannot be saved: {fault}.", nameof(keySet));
        return JsonSerializer.SerializeToUtf8Bytes(
            KeySetDocumentMapping.ToModel(keySet, NewestFormat), KeySetDocumentJson.Default.KeySetModel);
    }

    /// <param name="name">The name under which the store keeps the document; it must agree with the document's own.</param>
    /// <param name="document">What <see cref="Write"/> made.</param>
    /// <exception cref="KeyServiceException">
    /// StoreUnavailable, not transient: the document is damaged, or a newer version made it. Names the set and the member.
    /// </exception>
    public static KeySet Read(string name, ReadOnlySpan<byte> document)
    {
        KeySet keySet;
        try
        {
            RefuseNewerFormat(name, document);
            var model = JsonSerializer.Deserialize(document, KeySetDocumentJson.Default.KeySetModel)
                ?? throw new JsonException("The document is null.");
            keySet = KeySetDocumentMapping.ToKeySet(model);
        }
        catch (JsonException damage)
        {
            throw Unreadable(name, $"it is damaged at {damage.Path ?? "$"}", damage);
        }
        if (KeySetDocumentRules.FirstFault(keySet) is { } fault)
            throw Unreadable(name, fault);
        return keySet.Name == name ? keySet : throw Unreadable(name, "name is that of another key set");
    }

    private static void RefuseNewerFormat(string name, ReadOnlySpan<byte> document)
    {
        // Read on its own and first: what else stands in a newer document is nothing that this version could judge.
        var format = JsonSerializer.Deserialize(document, KeySetDocumentJson.Default.FormatModel)?.Format;
        if (format > NewestFormat)
        {
            throw Unreadable(name,
                $"a newer version of KeyService wrote it, in format {format}; this version reads formats up to {NewestFormat}");
        }
        if (format < 1)
            throw Unreadable(name, $"format is {format}");
    }

    private static KeyServiceException Unreadable(string name, string why, Exception? inner = null) =>
        new(KeyServiceError.StoreUnavailable, $"The stored key set '{name}' cannot be read: {why}.", inner) { IsTransient = false };
}
