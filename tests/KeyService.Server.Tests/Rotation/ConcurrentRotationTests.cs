using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using KeyService.Server.Api;

namespace KeyService.Server.Tests.Rotation;

public sealed class ConcurrentRotationTests : IAsyncDisposable
{
    private const int Callers = 16;
    private readonly World _world = new();

    [Fact]
    public async Task Callers_at_once_share_one_new_key_made_since_they_called()
    {
        var replica = await _world.StartWithSetAsync();
        var old = (await _world.GetAsync()).Keys[0].Kid;
        var allCalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var finds = 0;
        _world.Store.Found = () =>
        {
            if (Interlocked.Increment(ref finds) == Callers + 2) // one for each, and two more of the one that goes ahead
                allCalled.SetResult();
        };
        _world.HsmProvider.Creating = _ => allCalled.Task;

        var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => replica.RotateAsync())));

        Assert.All(answers, answer => Assert.Contains(answer.Keys, key => key.Kid != old));
        Assert.Equal(2, (await _world.GetAsync()).Keys.Length);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_caller_after_an_answer_gets_a_key_of_its_own()
    {
        var replica = await _world.StartWithSetAsync();
        var first = await replica.RotateAsync();
        var second = await replica.RotateAsync();
        Assert.Equal(first.Keys.Length + 1, second.Keys.Length);
    }

    [Fact]
    public async Task One_request_id_makes_one_key_at_once_and_again()
    {
        var replica = await _world.StartWithSetAsync();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => replica.RotateAsync("monday"))));
        await replica.RotateAsync("monday");
        await _world.Start().RotateAsync("monday"); // a process with nothing in memory knows it too
        Assert.Equal(2, (await _world.GetAsync()).Keys.Length);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task One_request_id_for_two_requests_is_refused_and_changes_nothing()
    {
        var replica = await _world.StartWithSetAsync();
        var before = await replica.RotateAsync("monday");
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync("monday", emergency: true));
        Assert.Equal((KeyServiceError.RequestIdReused, "request_id"), (failure.Error, failure.Field));
        Assert.Equal(before.Revision, (await _world.GetAsync()).Revision);
    }

    [Fact]
    public async Task An_emergency_does_not_join_a_rotation_that_propagates_first()
    {
        var replica = await _world.StartWithSetAsync();
        var gate = new TaskCompletionSource();
        _world.HsmProvider.Creating = _ => gate.Task;
        var normal = Task.Run(() => replica.RotateAsync());
        var emergency = Task.Run(() => replica.RotateAsync(emergency: true));
        gate.SetResult();
        await Task.WhenAll(normal, emergency);
        Assert.True((await _world.ActiveAsync()).Emergency);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task Two_replicas_rotating_at_once_lose_nothing()
    {
        var replicas = new[] { await _world.StartWithSetAsync(World.Hsm, World.Cloud), _world.Start() };
        for (var round = 0; round < 8; round++)
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => replicas[caller % 2].RotateAsync(caller < 8 ? $"{round}" : null))));

        var keySet = await _world.GetAsync();
        await _world.CheckAsync();
        Assert.Equal(8, keySet.Requests.Length);
        Assert.All(keySet.Requests, request => Assert.Equal(2, request.IntentIds.Count)); // one for each signer
        Assert.All(keySet.Requests.SelectMany(request => request.IntentIds), id => Assert.Single(keySet.Keys, key => KeyIntent.IdOf(key.Label) == id));
    }

    [Fact]
    public async Task One_request_id_on_two_replicas_makes_one_key()
    {
        var replicas = new[] { await _world.StartWithSetAsync(), _world.Start() };
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => replicas[caller % 2].RotateAsync("monday"))));
        Assert.Equal(2, (await _world.GetAsync()).Keys.Length);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task Two_workers_make_one_key_at_the_end_of_a_period()
    {
        var replicas = new[] { _world.Start(), _world.Start() };
        var definition = _world.Definition() with { Policy = World.Policy with { RotationPeriod = TimeSpan.FromHours(10) } };
        await replicas[0].Rotator.CreateAsync(definition, null, TestContext.Current.CancellationToken);
        _world.Clock.Advance(TimeSpan.FromHours(10));
        await Task.WhenAll(replicas.Select(replica => Task.Run(replica.WorkAsync)));
        Assert.Equal(2, (await _world.GetAsync()).Keys.Length);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_signer_that_waits_for_its_provider_does_not_keep_the_others_from_rotating()
    {
        var replica = await _world.StartWithSetAsync(World.Hsm, World.Cloud);
        _world.CloudProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync());
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync());
        Assert.Equal((3, 1), (_world.HsmProvider.Labels.Count, (await _world.GetAsync()).Intents.Length));
    }

    [Fact]
    public async Task What_was_left_behind_by_a_removed_signer_is_no_rotation_to_join_and_holds_up_no_return()
    {
        var replica = await _world.StartWithSetAsync(World.Hsm, World.Cloud);
        _world.CloudProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync());
        await UpdateAsync(replica, World.Hsm);
        await replica.RotateAsync();
        Assert.Equal(3, _world.HsmProvider.Labels.Count);

        _world.CloudProvider.Refuses = _ => null;
        await UpdateAsync(replica, World.Hsm, World.Cloud);
        var left = await _world.GetAsync();
        Assert.Single(left.Intents, intent => intent.GivenUp is not null);
        Assert.Equal(0, ProtoMapping.KeySetOf(left, _world.Clock.GetUtcNow()).PendingKeys);
        await ForgetGivenUpAsync(replica);
        Assert.NotNull(await _world.ActiveAsync(World.Cloud));
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_key_whose_signer_went_while_it_was_made_leaves_no_orphan()
    {
        var replica = await _world.StartWithSetAsync();
        var (making, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _world.CloudProvider.Creating = _ =>
        {
            making.TrySetResult();
            return gate.Task;
        };
        var adding = Task.Run(() => UpdateAsync(replica, World.Hsm, World.Cloud));
        await making.Task;
        await UpdateAsync(replica, World.Hsm);
        await replica.TendAsync();
        gate.SetResult();
        await adding;
        Assert.Empty(_world.CloudProvider.Labels);
        await ForgetGivenUpAsync(replica);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task What_a_provider_makes_long_after_its_caller_died_and_its_signer_went_is_destroyed()
    {
        var replica = await _world.StartWithSetAsync();
        _world.CloudProvider.Creating = _ => Task.FromException(new KeyServiceException(KeyServiceError.ProviderUnavailable, "It did not answer in time."));
        await Assert.ThrowsAsync<KeyServiceException>(() => UpdateAsync(replica, World.Hsm, World.Cloud));
        var label = (await _world.GetAsync()).Intents.Single().Label(World.SetName);
        await UpdateAsync(replica, World.Hsm);
        await replica.TendAsync();

        _world.CloudProvider.Creating = _ => Task.CompletedTask;
        await _world.CloudProvider.CreateKeyAsync(label, World.Cloud.Spec, TestContext.Current.CancellationToken); // the call that was on its way
        await ForgetGivenUpAsync(replica);
        Assert.Empty(_world.CloudProvider.Labels);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_rotation_whose_signers_were_all_removed_meanwhile_does_not_succeed()
    {
        var replica = await _world.StartWithSetAsync(World.Cloud);
        var (making, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        _world.CloudProvider.Creating = _ =>
        {
            making.TrySetResult();
            return gate.Task;
        };
        var rotating = Task.Run(() => replica.RotateAsync("monday"));
        await making.Task;
        await UpdateAsync(replica, World.Hsm);
        gate.SetResult();
        Assert.Equal(KeyServiceError.ConcurrentChange, (await Assert.ThrowsAsync<KeyServiceException>(() => rotating)).Error);
        Assert.Equal(KeyServiceError.ConcurrentChange, (await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync("monday"))).Error);
        await ForgetGivenUpAsync(replica);
        await _world.CheckAsync();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private async Task ForgetGivenUpAsync(Replica replica)
    {
        _world.Clock.Advance(RotationPlan.GivenUpFor);
        await replica.TendAsync();
    }

    private static Task<KeySet> UpdateAsync(Replica replica, params Signer[] signers) =>
        replica.Rotator.UpdateAsync(World.SetName, keySet => keySet with { Signers = [.. signers] }, 0, TestContext.Current.CancellationToken);
}
