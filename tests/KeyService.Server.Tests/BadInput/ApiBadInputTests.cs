using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Tests.Client;

namespace KeyService.Server.Tests.BadInput;

/// <summary>Requests that are well-formed and yet wrong: refused alike over gRPC and HTTP, with a reason and the field.</summary>
public sealed class ApiBadInputTests(StrictServer strict) : IClassFixture<StrictServer>
{
    private static readonly Dictionary<string, ApiCase> Cases = SigningCases.All.Concat(KeySetCases.All)
        .Concat(ClaimsCases.All.Select(one => ($"claims: {one.Name}", new ApiCase(
            "SignJwt", new SignJwtRequest { KeySet = "issued", ClaimsJson = ClaimsCases.Alive(one.Claims) }, one.Field, one.Reason))))
        .ToDictionary(one => one.Item1, one => one.Item2);

    public static TheoryData<string> OverGrpc => [.. Cases.Keys];

    public static TheoryData<string> OverHttp => [.. Cases.Where(one => !one.Value.GrpcOnly).Select(one => one.Key)];

    [Theory]
    [MemberData(nameof(OverGrpc))]
    public async Task Is_refused_over_gRPC(string name)
    {
        var wanted = Cases[name];
        AssertRefused(wanted, await Refusal.OfAsync(() => strict.Server.Grpc.CallAsync(wanted.Rpc, wanted.Request)));
        await strict.AssertStillSignsAsync();
    }

    [Theory]
    [MemberData(nameof(OverHttp))]
    public async Task Is_refused_over_HTTP(string name)
    {
        var wanted = Cases[name];
        using var request = RequestFor(wanted);
        using var answer = await strict.Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(
            wanted.Code switch
            {
                StatusCode.NotFound => HttpStatusCode.NotFound,
                StatusCode.AlreadyExists or StatusCode.Aborted => HttpStatusCode.Conflict,
                _ => HttpStatusCode.BadRequest,
            },
            answer.StatusCode);
        AssertRefused(wanted, Refusal.Of(await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)));
        await strict.AssertStillSignsAsync();
    }

    /// <summary>The other side of the limit, also for Ed25519, which signs whole messages.</summary>
    [Theory]
    [InlineData("default")]
    [InlineData("issued")]
    public async Task The_longest_claims_are_signed(string keySet)
    {
        var claims = ClaimsCases.Alive(ClaimsCases.OfLength(64 << 10));
        Assert.Equal(64 << 10, claims.Length);
        var jwt = (await strict.Server.Grpc.SignJwtAsync(new SignJwtRequest { KeySet = keySet, ClaimsJson = claims })).Jwt;
        Assert.Equal(claims, Encoding.UTF8.GetString(Base64Url.DecodeFromChars(jwt.Split('.')[1])));
    }

    private static void AssertRefused(ApiCase wanted, Refusal found)
    {
        Assert.Equal((wanted.Code, wanted.Reason, wanted.Field), (found.Code, found.Reason, found.Fields.SingleOrDefault()));
        Assert.False(found.Message.Any(char.IsControl), $"Whatever the caller wrote, the message is one line: {found.Message}");
        Assert.InRange(found.Message.Length, 1, 1000);
    }

    private static HttpRequestMessage RequestFor(ApiCase wanted)
    {
        var (method, path) = RouteOf(wanted.Rpc, wanted.Request);
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (method == HttpMethod.Post || method == HttpMethod.Patch)
            request.Content = new StringContent(JsonFormatter.Default.Format(wanted.Request), Encoding.UTF8, "application/json");
        return request;
    }

    private static (HttpMethod, string) RouteOf(string rpc, IMessage request)
    {
        var name = request.Descriptor.FindFieldByName("key_set") is { } field ? (string)field.Accessor.GetValue(request) : "";
        var set = $"/v1/keySets/{Uri.EscapeDataString(name)}";
        return request switch
        {
            ListKeySetsRequest list => (HttpMethod.Get, string.Create(
                CultureInfo.InvariantCulture, $"/v1/keySets?page_size={list.PageSize}&page_token={Uri.EscapeDataString(list.PageToken)}")),
            CreateKeySetRequest => (HttpMethod.Post, "/v1/keySets"),
            UpdateKeySetRequest => (HttpMethod.Patch, set),
            DeleteKeySetRequest delete => (HttpMethod.Delete, string.Create(CultureInfo.InvariantCulture, $"{set}?revision={delete.Revision}")),
            GetKeySetRequest => (HttpMethod.Get, set),
            GetJwksRequest => (HttpMethod.Get, set + "/jwks"),
            RevokeKeyRequest revoke => (HttpMethod.Post, $"{set}/keys/{Uri.EscapeDataString(revoke.Kid)}:revoke"),
            _ => (HttpMethod.Post, $"{set}:{char.ToLowerInvariant(rpc[0])}{rpc[1..]}"),
        };
    }
}
