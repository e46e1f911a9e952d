using System.Text.Json.Serialization;

namespace KeyService.Providers.Azure.Protocol;

/// <summary>The bodies of the REST protocol. Unknown members of answers are passed over: newer service versions add some.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateKeyBody))]
[JsonSerializable(typeof(UpdateKeyBody))]
[JsonSerializable(typeof(SignBody))]
[JsonSerializable(typeof(SignAnswer))]
[JsonSerializable(typeof(KeyBundle))]
[JsonSerializable(typeof(KeyPage))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class VaultJson : JsonSerializerContext;
