using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Rotation;
using KeyService.Server.Tests.Client;
using KeyService.Server.Tests.Rotation;
using KeyService.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.KeySets;

/// <summary>Requests that come twice, too late, or for what is gone.</summary>
public sealed class RepeatedRequestTests(SoftHsmTokens tokens)
{
    [Fact]
    public async Task A_rotation_repeated_with_its_id_makes_no_second_key()
    {
        await using var server = await TestServer.StartAsync(tokens);
        var request = new RotateRequest { KeySet = "default", RequestId = "deploy-42" };
        var first = await server.Grpc.RotateAsync(request);
        var second = await server.Grpc.RotateAsync(request);
        Assert.Equal(2, first.Keys.Count);
        Assert.Equal(first, second);

        var refusal = await Refusal.OfAsync(() => server.Grpc.RotateAsync(new RotateRequest(request) { Emergency = true, Reason = "a leak is suspected" }));
        Assert.Equal((StatusCode.AlreadyExists, "REQUEST_ID_REUSED", "request_id"), (refusal.Code, refusal.Reason, refusal.Fields.Single()));
        Assert.Equal(3, (await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default", RequestId = "deploy-43" })).Keys.Count);
    }

    [Fact]
    public async Task Rotations_of_one_id_at_once_make_one_key()
    {
        await using var server = await TestServer.StartAsync(tokens);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.Grpc.RotateAsync(new RotateRequest { KeySet = "default", RequestId = "once" })));
        Assert.All(answers, answer => Assert.Equal(2, answer.Keys.Count));
        Assert.Equal(2, (await server.Grpc.GetKeySetAsync("default")).Keys.Count);
    }

    [Fact]
    public async Task A_creation_repeated_with_its_id_answers_with_the_set_it_made()
    {
        await using var server = await TestServer.StartAsync(tokens);
        var request = Creation("tenant", "onboard-7");
        var first = await server.Grpc.CreateAsync(request);
        Assert.Equal(first, await server.Grpc.CreateAsync(request));

        var other = new CreateKeySetRequest(request);
        other.Spec.Retention = Duration.FromTimeSpan(TimeSpan.FromDays(1));
        Assert.Equal((StatusCode.AlreadyExists, "REQUEST_ID_REUSED"), await WhyAsync(() => server.Grpc.CreateAsync(other)));
        Assert.Equal((StatusCode.AlreadyExists, "KEY_SET_EXISTS"), await WhyAsync(() => server.Grpc.CreateAsync(Creation("tenant", ""))));
        Assert.Equal((StatusCode.AlreadyExists, "KEY_SET_EXISTS"), await WhyAsync(() => server.Grpc.CreateAsync(Creation("tenant", "onboard-8"))));
    }

    [Fact]
    public async Task A_change_made_from_an_older_revision_is_aborted()
    {
        await using var server = await TestServer.StartAsync(tokens);
        var seen = (await server.Grpc.GetKeySetAsync("default")).Revision;
        var request = new UpdateKeySetRequest
        {
            KeySet = "default",
            Revision = seen,
            Spec = new KeySetSpec { Retention = Duration.FromTimeSpan(TimeSpan.FromDays(1)) },
        };
        var updated = await server.Grpc.UpdateAsync(request);
        Assert.True(updated.Revision > seen);
        Assert.Equal(TimeSpan.FromDays(1), updated.Spec.Retention.ToTimeSpan());

        Assert.Equal((StatusCode.Aborted, "CONCURRENT_CHANGE"), await WhyAsync(() => server.Grpc.UpdateAsync(request)));
        Assert.Equal((StatusCode.Aborted, "CONCURRENT_CHANGE"), await WhyAsync(() => server.Grpc.DeleteAsync(new DeleteKeySetRequest { KeySet = "default", Revision = seen })));
        Assert.Equal(updated, await server.Grpc.GetKeySetAsync("default"));
    }

    [Fact]
    public async Task A_mask_takes_what_it_names_and_gives_the_rest_no_thought()
    {
        await using var server = await TestServer.StartAsync(tokens, time: null, ("KeySets:default:Retention", "1d"), ("KeySets:default:Propagation", "5m"));
        var updated = await server.Grpc.UpdateAsync(new UpdateKeySetRequest
        {
            KeySet = "default",
            Spec = new KeySetSpec { Issuer = "https://new.example", Propagation = Duration.FromTimeSpan(TimeSpan.FromMinutes(9)) },
            UpdateMask = new FieldMask { Paths = { "issuer", "retention" } },
        });
        Assert.Equal(
            ("https://new.example", TimeSpan.FromMinutes(5), TimeSpan.FromDays(7)), // named and absent: back to the default
            (updated.Spec.Issuer, updated.Spec.Propagation.ToTimeSpan(), updated.Spec.Retention.ToTimeSpan()));
    }

    [Fact]
    public async Task A_deleted_set_signs_no_more_and_is_still_published()
    {
        await using var server = await TestServer.StartAsync(tokens);
        var before = await server.Grpc.GetJwksAsync("default");
        var deleted = await server.Grpc.DeleteAsync(new DeleteKeySetRequest { KeySet = "default" });
        Assert.NotNull(deleted.Deleted);
        Assert.Equal(deleted, await server.Grpc.DeleteAsync(new DeleteKeySetRequest { KeySet = "default" })); // again: as it is

        var gone = (StatusCode.NotFound, "KEY_SET_NOT_FOUND");
        var claims = $$"""{"exp":{{server.Expiry()}}}""";
        Assert.Equal(gone, await WhyAsync(() => server.Grpc.SignAsync(new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8("a") })));
        Assert.Equal(gone, await WhyAsync(() => server.Grpc.SignJwtAsync(new SignJwtRequest { KeySet = "default", ClaimsJson = claims })));
        Assert.Equal(gone, await WhyAsync(() => server.Grpc.RotateAsync(new RotateRequest { KeySet = "default" })));
        Assert.Equal(gone, await WhyAsync(() => server.Grpc.UpdateAsync(new UpdateKeySetRequest { KeySet = "default", Spec = new KeySetSpec { Issuer = "https://a.example" } })));
        Assert.Equal((StatusCode.AlreadyExists, "KEY_SET_EXISTS"), await WhyAsync(() => server.Grpc.CreateAsync(Creation("default", ""))));

        var after = await server.Grpc.GetJwksAsync("default");
        Assert.Equal((before.Etag, before.Jwks), (after.Etag, after.Jwks));
        Assert.Equal(KeyState.Deactivated, (await server.Grpc.GetKeySetAsync("default")).Keys.Single().State);
    }

    [Fact]
    public async Task The_name_of_a_deleted_set_is_free_once_its_keys_are_gone()
    {
        var clock = new ManualClock();
        // Ticked by hand: a clock that moves on while the worker is in the token would cut its calls off.
        await using var server = await TestServer.StartAsync(
            tokens, new TickedByHandClock(clock), ("KeySets:default:MaxTokenLifetime", "1m"), ("KeySets:default:Retention", "1m"));
        var deleted = await server.Grpc.DeleteAsync(new DeleteKeySetRequest { KeySet = "default" });
        clock.Advance(deleted.Keys.Single().Destroys.ToDateTimeOffset() - clock.GetUtcNow());
        await server.Services.GetRequiredService<RotationWorker>().RunOnceAsync(TestContext.Current.CancellationToken);
        var made = await server.Grpc.CreateAsync(Creation("default", ""));

        Assert.NotEqual(deleted.Keys.Single().Kid, made.Keys.Single().Kid);
        Assert.Equal(made.Keys.Single().Kid, (await server.Grpc.SignAsync(new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8("a") })).Kid);
    }

    [Fact]
    public async Task Lists_are_handed_out_page_by_page_in_order_of_name()
    {
        await using var server = await TestServer.StartAsync(tokens, time: null, ("KeySets:b:Signers:0:Algorithm", "ES256"), ("KeySets:a.b_c-d:Signers:0:Algorithm", "ES256"));
        var names = new List<string>();
        var token = "";
        do
        {
            var page = ListKeySetsResponse.Parser.ParseFrom(await server.Grpc.CallAsync("ListKeySets", new ListKeySetsRequest { PageSize = 1, PageToken = token }));
            names.Add(page.KeySets.Single().Name);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(["a.b_c-d", "b", "default"], names);
    }

    private static async Task<(StatusCode, string?)> WhyAsync(Func<Task> call)
    {
        var refusal = await Refusal.OfAsync(call);
        return (refusal.Code, refusal.Reason);
    }

    private static CreateKeySetRequest Creation(string name, string requestId) => new()
    {
        KeySet = name,
        RequestId = requestId,
        Spec = new KeySetSpec { Signers = { new Signer { Algorithm = "ES256" } } },
    };
}
