using KeyService.Core;
using KeyService.Core.Providers;

namespace KeyService.Providers.Tests;

/// <summary>How keys come to be, are found again, and go.</summary>
public abstract partial class KeyProviderConformance
{
    [Fact]
    public async Task Creating_under_a_label_again_returns_the_same_key()
    {
        var algorithm = Offered("ES256");
        var first = await CreateAsync(algorithm, "again");
        var second = await CreateAsync(algorithm, "again");
        Assert.Equal(first.Handle, second.Handle);
        Assert.Equal(first.Label, second.Label);
        Assert.Equal(first.SubjectPublicKeyInfo.ToArray(), second.SubjectPublicKeyInfo.ToArray());
    }

    [Fact]
    public async Task Creations_that_race_under_one_label_make_one_key()
    {
        var algorithm = Offered("ES256");
        var keys = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => CreateAsync(algorithm, "race"), Cancellation)));
        Assert.Single(keys.Select(static key => key.Handle).Distinct());
        Assert.Single(await Provider.FindKeysAsync(_prefix + "race", Cancellation));
    }

    [Fact]
    public async Task Different_labels_hold_different_keys()
    {
        var algorithm = Offered("ES256");
        var first = await CreateAsync(algorithm, "one");
        var second = await CreateAsync(algorithm, "two");
        Assert.NotEqual(first.Handle, second.Handle);
        Assert.NotEqual(first.SubjectPublicKeyInfo.ToArray(), second.SubjectPublicKeyInfo.ToArray());
    }

    [Fact]
    public async Task Finding_by_prefix_lists_whole_pairs_in_order_of_label()
    {
        var algorithm = Offered("ES256");
        var b = await CreateAsync(algorithm, "find/b");
        var a = await CreateAsync(algorithm, "find/a");
        await CreateAsync(algorithm, "fin");
        var found = await Provider.FindKeysAsync(_prefix + "find/", Cancellation);
        Assert.Equal([a.Handle, b.Handle], found.Select(static key => key.Handle));
        Assert.Equal([a.Label, b.Label], found.Select(static key => key.Label));
        Assert.Equal(a.SubjectPublicKeyInfo.ToArray(), found[0].SubjectPublicKeyInfo.ToArray());
        Assert.Empty(await Provider.FindKeysAsync(_prefix + "nothing", Cancellation));
    }

    [Fact]
    public async Task A_destroyed_key_signs_no_more_and_destroying_it_again_is_no_error()
    {
        var algorithm = Offered("ES256");
        var key = await CreateAsync(algorithm, "destroy");
        await Provider.SignAsync(key.Handle, algorithm, new byte[32], Cancellation);
        await Provider.DestroyKeyAsync(key.Handle, Cancellation);
        await Provider.DestroyKeyAsync(key.Handle, Cancellation);
        await Provider.DestroyKeyAsync(UnknownHandle, Cancellation);
        if (DestroysAtOnce)
            Assert.Empty(await Provider.FindKeysAsync(_prefix + "destroy", Cancellation));
        if (DestroyedKeysSign is { } reason)
            Assert.Skip(reason);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(
            () => Provider.SignAsync(key.Handle, algorithm, new byte[32], Cancellation).AsTask());
        Assert.Contains(failure.Error, (KeyServiceError[])[KeyServiceError.KeyNotFound, KeyServiceError.ProviderRejected]);
    }

    /// <summary>As two replicas do that recover the same intent. One that sees the other may step back, to try again.</summary>
    [Fact]
    public async Task Two_processes_that_race_under_one_label_end_with_one_key()
    {
        var algorithm = Offered("ES256");
        await using var other = await CreateProviderAsync();
        var spec = new KeySpec(algorithm, 0);
        var keys = await Task.WhenAll(new[] { Provider, other }.Select(provider => Task.Run(() => PersistAsync(provider), Cancellation)));
        Assert.Equal(keys[0].Handle, keys[1].Handle);
        Assert.Equal(keys[0].SubjectPublicKeyInfo.ToArray(), keys[1].SubjectPublicKeyInfo.ToArray());
        Assert.Equal(keys[0].Handle, Assert.Single(await Provider.FindKeysAsync(_prefix + "race2", Cancellation)).Handle);
        Assert.Equal(64, (await SignMessageAsync(keys[1].Handle, algorithm, [1])).Length);

        async Task<ProviderKey> PersistAsync(IKeyProvider provider)
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await provider.CreateKeyAsync(_prefix + "race2", spec, Cancellation);
                }
                catch (KeyServiceException e) when (e.IsTransient && attempt < 20)
                {
                    await Task.Delay(Random.Shared.Next(10, 100), Cancellation); // as the service's own retry; whatever the delay, one key is the end
                }
            }
        }
    }

    [Fact]
    public async Task A_disabled_key_signs_no_more_and_is_still_found()
    {
        var algorithm = Offered("ES256");
        var key = await CreateAsync(algorithm, "disable");
        await Provider.DisableKeyAsync(key.Handle, Cancellation);
        await Provider.DisableKeyAsync(key.Handle, Cancellation);
        Assert.Equal(key.Handle, Assert.Single(await Provider.FindKeysAsync(_prefix + "disable", Cancellation)).Handle);
        if (!Disables)
        {
            Assert.Equal(64, (await SignMessageAsync(key.Handle, algorithm, [1])).Length);
            Assert.Skip($"{Provider.Name} has no stop that can be taken back.");
        }

        var failure = await FailureAsync(() => SignMessageAsync(key.Handle, algorithm, [1]));
        Assert.Contains(failure.Error, (KeyServiceError[])[KeyServiceError.KeyNotFound, KeyServiceError.ProviderRejected]);
        Assert.False(failure.IsTransient);
        await Provider.DestroyKeyAsync(key.Handle, Cancellation);
    }
}
