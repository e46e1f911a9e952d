using System.Text.Json;
using System.Text.Json.Serialization;

namespace KeyService.Core.Storage;

/// <summary>Strict: unknown and repeated members, wrong case, nulls and missing required members are all refused.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Strict,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(InstantJson), typeof(DurationJson), typeof(AlgorithmJson), typeof(HandleJson)])]
[JsonSerializable(typeof(FormatModel))]
[JsonSerializable(typeof(KeySetModel))]
internal sealed partial class KeySetDocumentJson : JsonSerializerContext;
