using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using KeyService.Server.Tests.Client;

namespace KeyService.Server.Tests.BadInput;

/// <summary>HTTP requests that are malformed.</summary>
public sealed class HttpBadInputTests(StrictServer strict) : IClassFixture<StrictServer>
{
    private static readonly Dictionary<string, HttpCase> Cases = HttpCases.All.ToDictionary(one => one.Name, one => one.Case);

    public static TheoryData<string> Names => [.. Cases.Keys];

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Is_refused(string name)
    {
        var wanted = Cases[name];
        using var request = RequestFor(wanted);
        using var answer = await strict.Server.Http.SendAsync(request, TestEnd);
        var text = await answer.Content.ReadAsStringAsync(TestEnd);

        Assert.True((int)answer.StatusCode == wanted.Status, $"{(int)answer.StatusCode} {text}");
        if (wanted.Names is not null)
        {
            var refusal = Refusal.Of(JsonDocument.Parse(text).RootElement);
            Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal(wanted.Reason, refusal.Reason);
            if (refusal.Fields.Count > 0)
                Assert.Equal([wanted.Names], refusal.Fields);
            else
                Assert.Contains(wanted.Names, refusal.Message, StringComparison.Ordinal);
            Assert.InRange(refusal.Message.Length, 1, 1000);
        }

        await strict.AssertStillSignsAsync();
    }

    private static HttpRequestMessage RequestFor(HttpCase wanted)
    {
        var request = new HttpRequestMessage(wanted.Method, new Uri(wanted.Path, UriKind.Relative));
        if ((wanted.Bytes ?? (wanted.Body is null ? null : Encoding.UTF8.GetBytes(wanted.Body))) is not { } body)
            return request;
        request.Content = new ByteArrayContent(body);
        request.Headers.TransferEncodingChunked = wanted.Chunked;
        if (wanted.ContentType is not null)
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(wanted.ContentType);
        if (wanted.Header is var (name, value))
            Assert.True(request.Content.Headers.TryAddWithoutValidation(name, value));
        return request;
    }
}
