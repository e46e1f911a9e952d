using System.Security.Cryptography;
using Google.Protobuf;
using KeyService.Core.Signing;
using KeyService.Protos.V1;

namespace KeyService.Benchmarks;

/// <summary>A unary gRPC call as it goes over the wire.</summary>
/// <param name="Method">Its path.</param>
/// <param name="Body">The message behind its five octets.</param>
/// <param name="Signatures">How many it asks for.</param>
internal sealed record SigningCall(string Method, byte[] Body, int Signatures)
{
    private const string Service = "/keyservice.v1.SigningService/";

    public static SigningCall Sign(SigningAlgorithm algorithm) => new(Service + "Sign", Frame(Request(algorithm)), 1);

    /// <summary>Claims as an identity provider writes them.</summary>
    public static SigningCall SignJwt(SigningAlgorithm algorithm)
    {
        var exp = TimeProvider.System.GetUtcNow().AddMinutes(50).ToUnixTimeSeconds();
        var claims = $$"""{"iss":"https://id.example.com","sub":"user-4711","aud":["api","billing"],"exp":{{exp}},"iat":{{exp - 3000}},"jti":"0d6f1a52c7b94e08","scope":"read write"}""";
        return new(Service + "SignJwt", Frame(new SignJwtRequest { KeySet = BenchServer.KeySet, ClaimsJson = claims, Algorithm = algorithm.Name }), 1);
    }

    public static SigningCall Batch(SigningAlgorithm algorithm, int items)
    {
        var request = new SignBatchRequest { KeySet = BenchServer.KeySet };
        for (var i = 0; i < items; i++)
            request.Items.Add(new SignBatchItem { Digest = Random(), Algorithm = algorithm.Name });
        return new(Service + "SignBatch", Frame(request), items);
    }

    public static SignRequest Request(SigningAlgorithm algorithm)
    {
        var request = new SignRequest { KeySet = BenchServer.KeySet, Algorithm = algorithm.Name };
        if (algorithm.TakesDigest)
            request.Digest = Random();
        else
            request.Message = Random();
        return request;
    }

    private static ByteString Random() => ByteString.CopyFrom(RandomNumberGenerator.GetBytes(BenchServer.MessageBytes));

    private static byte[] Frame(IMessage message)
    {
        var size = message.CalculateSize();
        return [0, (byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size, .. message.ToByteArray()];
    }
}
