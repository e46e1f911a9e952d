using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Server.Tests.Client;

namespace KeyService.Server.Tests.Access;

/// <summary>What became of a request, as far as access goes.</summary>
internal static class Answer
{
    public const char Allowed = 'O';
    public const char NotFound = 'N';
    public const char Denied = 'D';
    public const char Unauthenticated = 'U';
    public const char Away = 'A';
    public const char NoConnection = 'X';

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    /// <summary>A gRPC call. Of a stream, only its beginning is awaited.</summary>
    public static Task<char> OfGrpcAsync(HttpClient client, string method, IMessage? request, bool streams = false) => ConnectedAsync(async () =>
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, method)
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
            Content = new ByteArrayContent(request is null ? [] : RawGrpc.Frame(request)),
        };
        message.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, TestEnd);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        if (!response.Headers.Contains("grpc-status"))
        {
            if (streams)
                return Allowed;
            await response.Content.ReadAsByteArrayAsync(TestEnd);
        }

        var headers = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        if (headers.GetValues("grpc-status").Single() == "0")
            return Allowed;
        var details = headers.GetValues("grpc-status-details-bin").Single();
        var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '=')));
        Assert.Equal(headers.GetValues("grpc-status").Single(), status.Code.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var letter = Letter((StatusCode)status.Code, status.Details[0].Unpack<Google.Rpc.ErrorInfo>().Reason);
        Assert.Equal(letter == Away, status.Details.Any(detail => detail.Is(Google.Rpc.RetryInfo.Descriptor)));
        return letter;
    });

    public static Task<char> OfHttpAsync(HttpClient client, HttpMethod verb, string path, IMessage? body) => ConnectedAsync(async () =>
    {
        using var message = new HttpRequestMessage(verb, path) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        if (body is not null)
            message.Content = new StringContent(JsonFormatter.Default.Format(body), System.Text.Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(message, TestEnd);
        if (response.IsSuccessStatusCode)
            return Allowed;
        using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(TestEnd));
        var refusal = Refusal.Of(json.RootElement);
        var letter = Letter(refusal.Code, refusal.Reason);
        Assert.Equal(letter == Unauthenticated, response.StatusCode == HttpStatusCode.Unauthorized);
        Assert.Equal(letter == Unauthenticated, response.Headers.WwwAuthenticate.Count > 0);
        Assert.Equal(letter == Away, response.StatusCode == HttpStatusCode.ServiceUnavailable && response.Headers.RetryAfter is not null);
        Assert.Equal(letter == Denied, response.StatusCode == HttpStatusCode.Forbidden);
        return letter;
    });

    private static char Letter(StatusCode code, string? reason) => (code, reason) switch
    {
        (StatusCode.Unauthenticated, "UNAUTHENTICATED") => Unauthenticated,
        (StatusCode.PermissionDenied, "PERMISSION_DENIED") => Denied,
        (StatusCode.Unavailable, "ISSUER_UNAVAILABLE") => Away,
        (StatusCode.NotFound, "KEY_SET_NOT_FOUND") => NotFound,
        (StatusCode.InvalidArgument or StatusCode.Aborted or StatusCode.NotFound or StatusCode.AlreadyExists, _) => Allowed, // for what was asked, not for who asked
        var other => throw new InvalidOperationException($"{other} is no answer to expect."),
    };

    private static async Task<char> ConnectedAsync(Func<Task<char>> send)
    {
        try
        {
            return await send();
        }
        catch (HttpRequestException)
        {
            return NoConnection;
        }
    }
}
