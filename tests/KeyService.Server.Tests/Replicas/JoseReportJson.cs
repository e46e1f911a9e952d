using System.Text.Json;
using System.Text.Json.Serialization;

namespace KeyService.Server.Tests.Replicas;

[JsonSerializable(typeof(JoseReport))]
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
internal sealed partial class JoseReportJson : JsonSerializerContext;
