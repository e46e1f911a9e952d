using System.Net;
using System.Text.Json;
using KeyService.Core;
using KeyService.Server.Access;
using KeyService.Server.Access.Policies;
using KeyService.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Access;

public sealed class CallerLimitTests(SoftHsmTokens tokens)
{
    private const string Policy = """
        version: 1
        principals:
          - { name: slow, match: [ { dns: slow.example } ], grants: [ { keySets: "*", permissions: read } ], limits: { requestsPerSecond: 1 } }
          - { name: free, match: [ { dns: free.example } ], grants: [ { keySets: "*", permissions: read } ] }
        """;

    [Fact]
    public void A_principal_has_a_seconds_worth_of_requests_at_once()
    {
        var clock = new ManualClock();
        var limits = new CallerLimits(clock);
        var principal = Principal("a", new PrincipalLimits(4, null));

        Assert.Equal([true, true, true, true, false], Enumerable.Range(0, 5).Select(_ => IsLetIn(limits, principal, 1)));
        Assert.True(IsLetIn(limits, Principal("b", new PrincipalLimits(4, null)), 1));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(IsLetIn(limits, principal, 100)); // a batch counts for its items, but not for more than can be had
        Assert.False(IsLetIn(limits, principal, 1));
        Assert.True(IsLetIn(limits, Principal("a", new PrincipalLimits(5, null)), 1)); // a changed policy counts anew
    }

    [Fact]
    public void A_principal_has_so_many_signing_calls_at_a_time()
    {
        var limits = new CallerLimits(new ManualClock());
        var principal = Principal("a", new PrincipalLimits(null, 2));
        var first = limits.Enter(principal, 1, signs: true);
        using var second = limits.Enter(principal, 1, signs: true);

        Assert.Equal(KeyServiceError.CallerThrottled, Assert.Throws<KeyServiceException>(() => limits.Enter(principal, 1, signs: true)).Error);
        limits.Enter(principal, 1, signs: false).Dispose();
        first.Dispose();
        limits.Enter(principal, 1, signs: true).Dispose();
    }

    [Fact]
    public async Task What_is_over_the_limit_is_told_when_to_come_back()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy);
        using var certificate = secured.Authority.Issue("CN=x", names: ["slow.example"]);
        var client = secured.Client(certificate);
        HttpResponseMessage answer;
        do
        {
            answer = await client.GetAsync(new Uri("/v1/keySets/default", UriKind.Relative), TestContext.Current.CancellationToken);
        }
        while (answer.IsSuccessStatusCode); // the second one, unless more than a second went by

        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), (answer.StatusCode, answer.Headers.RetryAfter?.Delta));
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var details = json.RootElement.GetProperty("details").EnumerateArray().Select(detail => detail.GetProperty("@type").GetString()).ToArray();
        Assert.Contains("type.googleapis.com/google.rpc.RetryInfo", details);
        Assert.Equal("CALLER_THROTTLED", Client.Refusal.Of(json.RootElement).Reason);
        using var other = secured.Authority.Issue("CN=x", names: ["free.example"]);
        using var untouched = await secured.Client(other).GetAsync(new Uri("/v1/keySets/default", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, untouched.StatusCode);
    }

    [Fact]
    public async Task Strangers_from_elsewhere_have_a_rate_by_address_and_no_reflection()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy, ("Limits:AnonymousRequestsPerSecond", "3"));
        var access = secured.Server.Services.GetRequiredService<AccessControl>();
        Assert.Equal(KeyServiceError.Unauthenticated, ErrorOf("192.0.2.1", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"));
        Assert.Null(ErrorOf("127.0.0.1", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"));

        Assert.Equal([null, null, null, KeyServiceError.CallerThrottled], Enumerable.Range(0, 4).Select(_ => ErrorOf("192.0.2.1", "/.well-known/jwks.json")));
        Assert.Null(ErrorOf("192.0.2.2", "/.well-known/jwks.json"));
        Assert.Equal([null, null, null, KeyServiceError.CallerThrottled], Enumerable.Range(0, 4).Select(i => ErrorOf($"2001:db8::{i}", "/.well-known/jwks.json")));
        Assert.All(Enumerable.Range(0, 10), _ => Assert.Null(ErrorOf("127.0.0.1", "/.well-known/jwks.json")));

        KeyServiceError? ErrorOf(string address, string name)
        {
            var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };
            return Record.Exception(() => access.CheckAtTheDoor(context, AccessTable.Find(name)!)) is KeyServiceException e ? e.Error : null; // they are in the table
        }
    }

    private static bool IsLetIn(CallerLimits limits, Principal principal, int requests) =>
        Record.Exception(() => limits.Enter(principal, requests, signs: true).Dispose()) is null;

    private static Principal Principal(string name, PrincipalLimits limits) => new() { Name = name, Line = 1, Match = [], Grants = [], Limits = limits };
}
