using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using KeyService.Fuzz.Mutation;
using KeyService.Protos.V1;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;
using Microsoft.AspNetCore.Http;

namespace KeyService.Fuzz.Targets;

/// <summary>Requests as JSON bodies, and as query strings. The first byte of a body says which request it is.</summary>
internal static class Transcoding
{
    private const int Limit = 32 << 10;
    private static readonly JsonParser Parser = new(new JsonParser.Settings(JsonMessageReader.MaxDepth, TypeRegistry.Empty));
    private static readonly JsonMessageReader Reader = new(Parser);
    private static readonly JsonResponseFormat Format = new(new GrpcJsonTranscodingOptions());
    private static readonly RequestReader List = ReaderOf(KeySetServiceReflection.Descriptor.Services[0], "ListKeySets");
    private static readonly RequestReader Sign = ReaderOf(SigningServiceReflection.Descriptor.Services[0], "Sign");

    public static IReadOnlyList<byte[]> Bodies { get; } = [.. Requests.Messages.Select((message, kind) => (byte[])[(byte)kind, .. Format.Whole(message, null)])];

    public static IReadOnlyList<byte[]> Queries { get; } =
        [.. new[] { "page_size=5&page_token=ZGVmYXVsdA", "pageSize=-1", "page_size=%35", "", "page_token=%F0%9F%98%80&page_size=0", "page_size=1&page_size=2" }.Select(Encoding.UTF8.GetBytes)];

    public static byte[] Mutate(Random random, byte[] input, byte[] other) => input.Length == 0
        ? other
        : [input[0], .. JsonMutations.Mutate(random, input[1..], other[Math.Min(1, other.Length)..])];

    /// <summary>The body alone: what stands before it is a name, which hardly any change leaves one.</summary>
    public static byte[] MutateWhole(Random random, byte[] input, byte[] other)
    {
        var split = Math.Max(0, Array.IndexOf(input, (byte)'{'));
        return [.. input.AsSpan(0, split), .. JsonMutations.Mutate(random, input[split..], other[Math.Max(0, Array.IndexOf(other, (byte)'{'))..])];
    }

    public static bool TakeBody(byte[] input)
    {
        if (input.Length == 0)
            return false;
        var descriptor = Requests.Messages[input[0] % Requests.Messages.Count].Descriptor;
        var message = Reader.Read(input[1..], descriptor, null);
        Rule.Holds(Reader.Read(Format.Whole(message, null), descriptor, null).Equals(message), "a request is another one after it was written as JSON");
        Rule.Holds(descriptor.Parser.ParseFrom(message.ToByteArray()).Equals(message), "a request is another one after it was written as protobuf");
        Requests.Check(message);
        return true;
    }

    public static bool TakeQuery(byte[] input)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString("?" + Encoding.Latin1.GetString(input));
        List.ReadAsync(context.Request, default).GetAwaiter().GetResult();
        return true;
    }

    /// <summary>A key set's name in the path, and a body; as the host hands them over.</summary>
    public static bool TakeWhole(byte[] input)
    {
        var context = new DefaultHttpContext();
        var split = Math.Max(0, Array.IndexOf(input, (byte)'{'));
        context.Request.RouteValues["key_set"] = Encoding.UTF8.GetString(input, 0, split);
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(input, split, input.Length - split, writable: false);
        var request = (SignRequest)Sign.ReadAsync(context.Request, default).GetAwaiter().GetResult();
        Rule.Holds(input.Length - split <= Limit, "a body is longer than its limit");
        Requests.Check(request);
        return true;
    }

    public static IReadOnlyList<byte[]> Whole { get; } = [.. new[] { "default{\"message\":\"c29tZSBieXRlcw==\"}", "a{\"digest\":\"AA\",\"keySet\":\"a\",\"kid\":\"\"}", "a" }.Select(Encoding.UTF8.GetBytes)];

    private static RequestReader ReaderOf(ServiceDescriptor service, string name)
    {
        var method = service.FindMethodByName(name);
        return new RequestReader(HttpRuleReader.Bindings(method)[0].Binding, method.InputType, Parser, Limit);
    }
}
