using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Testing.Aws;
using KeySpec = KeyService.Core.Providers.KeySpec;
using SigningAlgorithm = KeyService.Core.Signing.SigningAlgorithm;

namespace KeyService.Providers.Tests.Aws;

/// <summary>A creation has two steps, and others may come or the process may end between them.</summary>
public sealed class AwsKmsCreationTests : IAsyncLifetime
{
    private const string Label = "keyservice/set.one/intent_1";
    private const string Alias = "alias/keyservice/setPone/intent_1";
    private static readonly KeySpec Es256 = new(SigningAlgorithm.ES256, 0);
    private readonly AwsKmsServerFixture _aws = new();

    private AwsKmsServer Server => _aws.Server;

    private IEnumerable<AwsKeyView> Live => Server.Keys.Where(static key => key.State != "PendingDeletion");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _aws.InitializeAsync();

    public ValueTask DisposeAsync() => _aws.DisposeAsync();

    [Fact]
    public async Task A_key_has_its_label_and_the_configured_tags_from_its_creation_on()
    {
        var options = _aws.Options;
        options.KeyTags = new Dictionary<string, string> { ["team"] = "Identität & more".Replace("&", "+", StringComparison.Ordinal), ["empty"] = "" };
        await using var provider = _aws.Provider(options);
        var key = await provider.CreateKeyAsync(Label, Es256, Cancellation);

        var made = Assert.Single(Server.Keys);
        Assert.Equal(made.Arn, key.Handle.Value);
        Assert.Equal(new() { ["keyservice:label"] = Label, ["team"] = "Identität + more", ["empty"] = "" }, new Dictionary<string, string>(made.Tags));
        Assert.Equal([Alias], made.Aliases);
        Assert.Equal(0, Server.Calls("TagResource"));
        Assert.False(made.IsMultiRegion);
    }

    [Fact]
    public async Task A_multi_Region_key_is_made_where_the_setting_says_so()
    {
        var options = _aws.Options;
        options.MultiRegion = true;
        await using var provider = _aws.Provider(options);
        var key = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Assert.True(Assert.Single(Server.Keys).IsMultiRegion);
        Assert.Contains(":key/mrk-", key.Handle.Value, StringComparison.Ordinal);
        Assert.Equal(64, (await provider.SignAsync(key.Handle, SigningAlgorithm.ES256, new byte[32], Cancellation)).Length);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(30)]
    public async Task Destruction_waits_as_long_as_the_setting_says_and_frees_the_label(int days)
    {
        var options = _aws.Options;
        options.DeletionWindowDays = days;
        await using var provider = _aws.Provider(options);
        var first = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        await provider.DestroyKeyAsync(first.Handle, Cancellation);

        var destroyed = Assert.Single(Server.Keys);
        Assert.Equal(days, Math.Round(destroyed.DeletionWindow!.Value.TotalDays)); // it is pending deletion: there is one
        Assert.Empty(destroyed.Aliases);
        var second = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Assert.NotEqual(first.Handle, second.Handle);
        Assert.Equal(second.Handle, Assert.Single(await provider.FindKeysAsync(Label, Cancellation)).Handle);
    }

    [Theory]
    [InlineData("CreateKey", true)] // made, but its answer was lost
    [InlineData("CreateAlias", false)] // made, not claimed
    [InlineData("CreateAlias", true)] // claimed, but the answer was lost
    [InlineData("GetPublicKey", false)] // all done but the last read
    public async Task A_creation_that_was_cut_off_is_finished_by_the_next_with_the_same_key(string operation, bool carriedOut)
    {
        await using (var cutOff = _aws.Provider())
        {
            Server.Faults.Next(carriedOut ? AwsFault.ReplyLost : AwsFault.Dropped, operation: operation);
            var failure = await Assert.ThrowsAsync<KeyServiceException>(() => cutOff.CreateKeyAsync(Label, Es256, Cancellation));
            Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        }

        var left = Assert.Single(Server.Keys);
        await using var provider = _aws.Provider();
        Assert.Equal(left.Arn, Assert.Single(await provider.FindKeysAsync("keyservice/", Cancellation)).Handle.Value);
        var key = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Assert.Equal(left.Arn, key.Handle.Value);
        Assert.Equal([Alias], Assert.Single(Server.Keys).Aliases);
        Assert.Equal(1, Server.Calls("CreateKey"));
    }

    [Fact]
    public async Task A_destruction_that_was_cut_off_before_the_alias_was_removed_is_finished_by_the_next()
    {
        await using var provider = _aws.Provider();
        var key = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Server.Faults.Next(AwsFault.Dropped, operation: "DeleteAlias");
        await Assert.ThrowsAsync<KeyServiceException>(() => provider.DestroyKeyAsync(key.Handle, Cancellation));
        Assert.Equal([Alias], Assert.Single(Server.Keys).Aliases);
        await provider.DestroyKeyAsync(key.Handle, Cancellation);
        Assert.Empty(Assert.Single(Server.Keys).Aliases);
    }

    [Fact]
    public async Task An_alias_that_leads_to_a_destroyed_key_does_not_hold_the_label()
    {
        await using var provider = _aws.Provider();
        var first = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Server.Faults.Next(AwsFault.Dropped, operation: "DeleteAlias");
        await Assert.ThrowsAsync<KeyServiceException>(() => provider.DestroyKeyAsync(first.Handle, Cancellation));

        var second = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Assert.NotEqual(first.Handle, second.Handle);
        Assert.Equal([Alias], Live.Single().Aliases);
    }

    [Fact]
    public async Task Replicas_that_race_end_with_one_key_and_the_others_are_being_deleted()
    {
        var replicas = Enumerable.Range(0, 6).Select(_ => _aws.Provider()).ToArray();
        try
        {
            Server.Faults.Delay = TimeSpan.FromMilliseconds(20); // so that all have looked before the first has made its key
            var keys = await Task.WhenAll(replicas.Select(replica => replica.CreateKeyAsync(Label, Es256, Cancellation)));
            Assert.Single(keys.Select(static key => key.Handle).Distinct());
            Assert.True(Server.Calls("CreateKey") > 1, "There was no race.");
            var winner = Live.Single();
            Assert.Equal(winner.Arn, keys[0].Handle.Value);
            Assert.Equal([Alias], winner.Aliases);
        }
        finally
        {
            foreach (var replica in replicas)
                await replica.DisposeAsync();
        }
    }

    [Fact]
    public async Task Of_two_keys_that_a_crash_left_the_claimed_one_stays_and_the_other_is_told_as_remains_and_removed()
    {
        await using var provider = _aws.Provider();
        var key = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        using var operators = OperatorsClient();
        await operators.CreateKeyAsync(
            new CreateKeyRequest { KeySpec = "ECC_NIST_P256", KeyUsage = KeyUsageType.SIGN_VERIFY, Tags = [new Tag { TagKey = "keyservice:label", TagValue = Label }] }, Cancellation);

        var found = await provider.FindKeysAsync(Label, Cancellation);
        Assert.Equal(2, found.Count);
        Assert.Equal(key.Handle, found[0].Handle);
        Assert.Equal(key.SubjectPublicKeyInfo.ToArray(), found[0].SubjectPublicKeyInfo.ToArray());
        Assert.True(found[1].SubjectPublicKeyInfo.IsEmpty);

        Assert.Equal(key.Handle, (await provider.CreateKeyAsync(Label, Es256, Cancellation)).Handle);
        Assert.Equal(key.Handle.Value, Live.Single().Arn);
    }

    [Fact]
    public async Task An_alias_of_someone_elses_key_is_refused_and_the_key_left_alone()
    {
        using var operators = OperatorsClient();
        var foreign = (await operators.CreateKeyAsync(new CreateKeyRequest { KeySpec = "ECC_NIST_P256", KeyUsage = KeyUsageType.SIGN_VERIFY }, Cancellation)).KeyMetadata;
        await operators.CreateAliasAsync(new CreateAliasRequest { AliasName = Alias, TargetKeyId = foreign.KeyId }, Cancellation);
        await using var provider = _aws.Provider();

        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CreateKeyAsync(Label, Es256, Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Assert.Contains(Alias, failure.Message, StringComparison.Ordinal);
        Assert.Empty(await provider.FindKeysAsync("keyservice/", Cancellation));
        Assert.Equal("Enabled", Assert.Single(Server.Keys).State);
    }

    [Fact]
    public async Task A_label_that_holds_a_key_of_another_kind_is_refused()
    {
        await using var provider = _aws.Provider();
        await provider.CreateKeyAsync(Label, Es256, Cancellation);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(
            () => provider.CreateKeyAsync(Label, new KeySpec(SigningAlgorithm.ES384, 0), Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Assert.False(failure.IsTransient);
        Assert.Contains("ECC_NIST_P256", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_key_that_is_not_seen_everywhere_yet_is_made_and_signs()
    {
        Server.Faults.HiddenReads = 3;
        await using var provider = _aws.Provider();
        var key = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        Assert.Equal(64, (await provider.SignAsync(key.Handle, SigningAlgorithm.ES256, new byte[32], Cancellation)).Length);
        Assert.Equal(1, Server.Calls("CreateKey"));
    }

    [Fact]
    public async Task Replicas_that_race_agree_even_while_new_keys_and_aliases_are_not_seen_everywhere()
    {
        Server.Faults.HiddenReads = 2;
        Server.Faults.Delay = TimeSpan.FromMilliseconds(20);
        await using var one = _aws.Provider();
        await using var two = _aws.Provider();
        var keys = await Task.WhenAll(one.CreateKeyAsync(Label, Es256, Cancellation), two.CreateKeyAsync(Label, Es256, Cancellation));
        Assert.Equal(keys[0].Handle, keys[1].Handle);
        Assert.Equal(keys[0].Handle.Value, Live.Single().Arn);
    }

    [Fact]
    public async Task What_is_not_found_is_asked_for_once_when_the_key_is_not_new()
    {
        await using var provider = _aws.Provider();
        var unknown = new KeyHandle($"arn:aws:kms:{AwsKmsServer.Region}:{AwsAccount.Id}:key/{Guid.NewGuid()}");
        await Assert.ThrowsAsync<KeyServiceException>(() => provider.SignAsync(unknown, SigningAlgorithm.ES256, new byte[32], Cancellation).AsTask());
        Assert.Equal(1, Server.Calls("Sign"));
    }

    [Theory]
    [InlineData("not-an-arn")]
    [InlineData("alias/keyservice/set")]
    [InlineData("arn:aws:kms:eu-west-1:111122223333:alias/keyservice/set")]
    public async Task A_handle_that_is_no_key_ARN_is_not_found_and_KMS_not_asked(string handle)
    {
        await using var provider = _aws.Provider();
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.SignAsync(new KeyHandle(handle), SigningAlgorithm.ES256, new byte[32], Cancellation).AsTask());
        Assert.Equal(KeyServiceError.KeyNotFound, failure.Error);
        Assert.Equal(0, Server.Calls("Sign"));
    }

    [Fact]
    public async Task Keys_are_found_over_many_pages_of_keys_and_tags()
    {
        Server.LongestPage = 2;
        var options = _aws.Options;
        options.KeyTags = Enumerable.Range(0, 5).ToDictionary(static i => $"a{i}", static _ => "x"); // before keyservice: in order
        await using var provider = _aws.Provider(options);
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
            made.Add((await provider.CreateKeyAsync($"keyservice/pages/{i}", Es256, Cancellation)).Handle.Value);
        await provider.CreateKeyAsync("keyservice/other/1", Es256, Cancellation);

        await using var restarted = _aws.Provider(options);
        var before = Server.Calls("ListKeys");
        var found = await restarted.FindKeysAsync("keyservice/pages/", Cancellation);
        Assert.Equal(made, found.Select(static key => key.Handle.Value));
        Assert.Equal(3, Server.Calls("ListKeys") - before);
    }

    [Fact]
    public async Task Tags_of_known_keys_are_not_read_again()
    {
        await using var provider = _aws.Provider();
        await provider.CreateKeyAsync(Label, Es256, Cancellation);
        await provider.FindKeysAsync("keyservice/", Cancellation);
        var before = Server.Calls("ListResourceTags");
        await provider.FindKeysAsync("keyservice/", Cancellation);
        Assert.Equal(before, Server.Calls("ListResourceTags"));
    }

    [Fact]
    public async Task A_key_of_another_replica_whose_tags_were_not_seen_at_first_is_found_later()
    {
        var clock = new KeyService.Testing.ManualClock();
        await using var provider = _aws.Provider(time: clock);
        using var operators = OperatorsClient();
        var key = (await operators.CreateKeyAsync(new CreateKeyRequest { KeySpec = "ECC_NIST_P256", KeyUsage = KeyUsageType.SIGN_VERIFY }, Cancellation)).KeyMetadata;
        Assert.Empty(await provider.FindKeysAsync(Label, Cancellation));
        await operators.TagResourceAsync(new TagResourceRequest { KeyId = key.KeyId, Tags = [new Tag { TagKey = "keyservice:label", TagValue = Label }] }, Cancellation);
        Assert.Empty(await provider.FindKeysAsync(Label, Cancellation));
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(key.Arn, Assert.Single(await provider.FindKeysAsync(Label, Cancellation)).Handle.Value);
    }

    [Fact]
    public async Task A_disabled_key_is_found_as_one_whose_public_half_cannot_be_read()
    {
        await using var provider = _aws.Provider();
        var key = await provider.CreateKeyAsync(Label, Es256, Cancellation);
        await provider.DisableKeyAsync(key.Handle, Cancellation);
        await provider.DisableKeyAsync(key.Handle, Cancellation);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.SignAsync(key.Handle, SigningAlgorithm.ES256, new byte[32], Cancellation).AsTask());
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Assert.Equal(1, Server.Calls("Sign"));
        Assert.True(Assert.Single(await provider.FindKeysAsync(Label, Cancellation)).SubjectPublicKeyInfo.IsEmpty);
    }

    private AmazonKeyManagementServiceClient OperatorsClient()
    {
        var user = Server.Account.User;
        return new(user.Id, user.Secret, new AmazonKeyManagementServiceConfig { ServiceURL = Server.Endpoint.OriginalString, AuthenticationRegion = AwsKmsServer.Region });
    }
}
