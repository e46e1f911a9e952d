using System.Net.Http.Json;
using System.Text.Json;
using KeyService.Protos.V1;

namespace KeyService.Server.Tests.BadInput;

/// <summary>One server that takes every bad input, and must go on signing after each.</summary>
public sealed class StrictServer(SoftHsmTokens tokens) : IAsyncLifetime
{
    public const string Issuer = "https://issuer.example/tenant";

    internal TestServer Server { get; private set; } = null!; // InitializeAsync comes before every use

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(
        tokens,
        time: null,
        ("KeySets:rsa:Signers:0:Algorithm", "RS256"),
        ("KeySets:issued:Issuer", Issuer),
        ("KeySets:issued:Signers:0:Algorithm", "Ed25519"),
        ("KeySets:both:Signers:0:Algorithm", "ES384"),
        ("KeySets:both:Signers:1:Algorithm", "Ed25519"));

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>Over both ports, since a bad input may have broken one of them only.</summary>
    internal async Task AssertStillSignsAsync()
    {
        var request = new SignRequest { KeySet = "default", Message = Google.Protobuf.ByteString.CopyFromUtf8("still here") };
        Assert.Equal(64, (await Server.Grpc.SignAsync(request)).Signature.Length);

        using var answer = await Server.Http.PostAsJsonAsync(
            "/v1/keySets/default:sign", new { message = "c3RpbGwgaGVyZQ==" }, TestContext.Current.CancellationToken);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal(64, json.GetProperty("signature").GetBytesFromBase64().Length);
    }
}
