using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Aws;
using KeyService.Testing;
using KeyService.Testing.Aws;

namespace KeyService.Providers.Tests.Aws;

/// <summary>AWS denies what a right is missing for, what another's key is, and for a while what was made just now.</summary>
public sealed class AwsKmsDenialTests : IAsyncLifetime
{
    private const string Label = "keyservice/denied/1";
    private static readonly KeySpec Es256 = new(SigningAlgorithm.ES256, 0);
    private readonly AwsKmsServerFixture _aws = new();

    private AwsKmsServer Server => _aws.Server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _aws.InitializeAsync();

    public ValueTask DisposeAsync() => _aws.DisposeAsync();

    [Fact]
    public async Task A_key_at_which_its_holder_lets_nobody_look_is_left_out()
    {
        await using var holder = _aws.Provider();
        Server.Faults.LockOut((await holder.CreateKeyAsync("elsewhere/1", Es256, Cancellation)).Handle.Value);
        var ours = await holder.CreateKeyAsync(Label, Es256, Cancellation);
        await using var provider = _aws.Provider();
        for (var search = 0; search < 2; search++)
            Assert.Equal(ours.Handle, Assert.Single(await provider.FindKeysAsync("", Cancellation)).Handle);
        Assert.Equal(ours.Handle, (await provider.CreateKeyAsync(Label, Es256, Cancellation)).Handle);
    }

    [Fact]
    public async Task Where_no_key_may_be_looked_at_that_is_not_taken_for_there_being_none()
    {
        await using (var before = _aws.Provider())
        {
            Server.Faults.LockOut((await before.CreateKeyAsync(Label, Es256, Cancellation)).Handle.Value);
            Server.Faults.LockOut((await before.CreateKeyAsync("elsewhere/1", Es256, Cancellation)).Handle.Value);
        }

        await using var provider = _aws.Provider();
        await ThrowsTagsUnreadableAsync(() => provider.FindKeysAsync("keyservice/", Cancellation));
    }

    [Fact]
    public async Task A_key_whose_tags_are_denied_and_which_is_described_as_ours_is_not_left_out()
    {
        await using (var before = _aws.Provider())
        {
            await before.CreateKeyAsync(Label, Es256, Cancellation);
            await before.CreateKeyAsync("keyservice/denied/2", Es256, Cancellation);
        }

        await using var provider = _aws.Provider();
        Server.Faults.Next(AwsFault.Denied, operation: "ListResourceTags");
        await ThrowsTagsUnreadableAsync(() => provider.FindKeysAsync("keyservice/", Cancellation));
        Assert.Equal(2, (await provider.FindKeysAsync("keyservice/", Cancellation)).Count);
    }

    [Fact]
    public async Task A_key_that_is_known_as_ours_is_not_left_out()
    {
        await using var provider = _aws.Provider();
        var key = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        await provider.CreateKeyAsync("keyservice/denied/2", Es256, Cancellation);
        Server.Faults.LockOut(key.Handle.Value);
        await ThrowsTagsUnreadableAsync(() => provider.FindKeysAsync("keyservice/", Cancellation));
    }

    [Theory]
    [InlineData("CreateAlias")]
    [InlineData("GetPublicKey")]
    public async Task A_new_key_whose_tags_do_not_count_yet_is_waited_for(string operation)
    {
        await using var provider = _aws.Provider();
        Server.Faults.Next(AwsFault.Denied, times: 3, operation);
        await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Assert.Equal((1, 4), (Server.Calls("CreateKey"), Server.Calls(operation)));
    }

    [Fact(Timeout = 60_000)] // who waited would wait for a clock that stands still
    public async Task A_new_key_that_may_not_sign_yet_is_a_failure_that_may_pass_for_five_minutes_and_Sign_waits_for_nothing()
    {
        var clock = new ManualClock();
        await using var provider = _aws.Provider(time: clock);
        var key = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Server.Faults.Next(AwsFault.Denied, times: 2, operation: "Sign");
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.True((await ThrowsRejectedAsync(() => SignAsync(provider, key))).IsTransient);
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.False((await ThrowsRejectedAsync(() => SignAsync(provider, key))).IsTransient);
        Assert.Equal(2, Server.Calls("Sign"));
        await SignAsync(provider, key);
    }

    [Theory]
    [InlineData("CreateAlias")] // not claimed: found by its tag
    [InlineData("GetPublicKey")] // found by its alias
    public async Task A_process_that_finishes_a_young_key_of_another_is_as_patient(string operation)
    {
        await using (var cutOff = _aws.Provider())
        {
            Server.Faults.Next(AwsFault.Dropped, operation: operation);
            await Assert.ThrowsAsync<KeyServiceException>(() => cutOff.CreateKeyAsync(Label, Es256, Cancellation));
        }

        await using var provider = _aws.Provider();
        Server.Faults.Next(AwsFault.Denied, operation: operation);
        await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Assert.Equal((1, 3), (Server.Calls("CreateKey"), Server.Calls(operation)));
    }

    private static Task<byte[]> SignAsync(AwsKmsKeyProvider provider, ProviderKey key) =>
        provider.SignAsync(key.Handle, SigningAlgorithm.ES256, new byte[32], Cancellation).AsTask();

    private static async Task ThrowsTagsUnreadableAsync(Func<Task> search) =>
        Assert.Contains("kms:ListResourceTags", (await ThrowsRejectedAsync(search)).Message, StringComparison.Ordinal);

    private static async Task<KeyServiceException> ThrowsRejectedAsync(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<KeyServiceException>(call);
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        return failure;
    }
}
