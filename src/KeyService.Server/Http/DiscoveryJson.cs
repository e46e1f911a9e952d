using System.Text.Json.Serialization;

namespace KeyService.Server.Http;

[JsonSerializable(typeof(Discovery))]
internal sealed partial class DiscoveryJson : JsonSerializerContext;
