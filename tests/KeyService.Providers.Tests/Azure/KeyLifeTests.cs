using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Azure.Keys;
using KeyService.Providers.Azure.Protocol;
using KeyService.Testing.Azure;

namespace KeyService.Providers.Tests.Azure;

public sealed class KeyLifeTests
{
    private static readonly KeySpec Es256 = new(SigningAlgorithm.ES256, 0);
    private readonly HurryingClock _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_are_found_on_every_page_among_those_of_others()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        using var keys = Raw(server);
        foreach (var i in Enumerable.Range(0, 30))
            await keys.CreateAsync($"foreign-{i}", "copied/label", new KeyKind("EC", "P-256", null), inHardware: false, Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        var labels = Enumerable.Range(0, 30).Select(static i => $"page/{i:00}").ToArray();
        foreach (var label in labels)
            await provider.CreateKeyAsync(label, Es256, Cancellation);

        Assert.Equal(labels, (await provider.FindKeysAsync("page/", Cancellation)).Select(static key => key.Label));
        Assert.Empty(await provider.FindKeysAsync("copied/", Cancellation)); // a tag alone makes no key ours
        Assert.Contains(server.Requests, static request => request.Path.Contains("$skiptoken", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://127.0.0.1:1/keys?api-version=7.4")]
    [InlineData("http://127.0.0.1/keys")]
    [InlineData("https://evil.example/keys")]
    [InlineData("/keys")]
    public async Task A_next_page_on_another_host_is_refused(string link)
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        using var keys = Raw(server);
        foreach (var i in Enumerable.Range(0, 26))
            await keys.CreateAsync($"foreign-{i}", "x", new KeyKind("EC", "P-256", null), inHardware: false, Cancellation);
        server.NextPageRedirect = _ => link;
        await using var provider = TestVaults.Provider(server, _clock);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.FindKeysAsync("a", Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
    }

    [Fact]
    public async Task Racers_take_the_oldest_version_and_put_only_their_own_out_of_use()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var first = TestVaults.Provider(server, _clock);
        await using var second = TestVaults.Provider(server, _clock);
        using var keys = Raw(server);
        var raced = 0;
        for (var round = 0; round < 10; round++)
        {
            var label = $"race/{round}";
            var made = await Task.WhenAll(new[] { first, second, first, second }.Select(provider => Task.Run(() => provider.CreateKeyAsync(label, Es256, Cancellation), Cancellation)));
            var versions = await keys.VersionsAsync(KeyLabel.NameFor(label), Cancellation);
            Assert.All(made, key => Assert.Equal(versions[0].Key.Handle(server.Url.AbsoluteUri), key.Handle));
            Assert.Equal([true, .. versions.Skip(1).Select(static _ => false)], versions.Select(static version => version.Item.Attributes?.Enabled == true));
            raced += versions.Count - 1;
        }

        Assert.True(raced > 0, "None of the racers met.");
    }

    [Fact]
    public async Task A_version_that_others_add_later_changes_nothing()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        var key = await provider.CreateKeyAsync("rotated", Es256, Cancellation);
        using var keys = Raw(server);
        await keys.CreateAsync(KeyLabel.NameFor("rotated"), "rotated", new KeyKind("EC", "P-256", null), inHardware: false, Cancellation);
        Assert.Equal(key.Handle, (await provider.CreateKeyAsync("rotated", Es256, Cancellation)).Handle);
        Assert.Equal(key.Handle, Assert.Single(await provider.FindKeysAsync("rotated", Cancellation)).Handle);
        var digest = new byte[32];
        var signature = await provider.SignAsync(key.Handle, SigningAlgorithm.ES256, digest, Cancellation);
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        Assert.True(ecdsa.VerifyHash(digest, signature));
    }

    [Fact]
    public async Task The_name_of_a_deleted_key_is_blocked_until_it_is_purged()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        await using var purging = TestVaults.Provider(server, _clock, static options => options.PurgeOnDestroy = true);
        var key = await provider.CreateKeyAsync("blocked", Es256, Cancellation);
        await provider.DestroyKeyAsync(key.Handle, Cancellation);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CreateKeyAsync("blocked", Es256, Cancellation));
        Assert.Equal((KeyServiceError.ProviderRejected, false), (failure.Error, failure.IsTransient));
        Assert.Contains("deleted key blocks the name", failure.Message, StringComparison.Ordinal);

        await purging.DestroyKeyAsync(key.Handle, Cancellation);
        Assert.NotEqual(key.Handle, (await provider.CreateKeyAsync("blocked", Es256, Cancellation)).Handle);
    }

    [Fact]
    public async Task Purging_waits_until_the_vault_has_deleted()
    {
        await using var server = await KeyVaultServer.StartAsync(new KeyVaultSettings { DeletionTakes = TimeSpan.FromSeconds(5) }, _clock, Cancellation);
        await using var provider = TestVaults.Provider(server, _clock, static options => options.PurgeOnDestroy = true);
        var key = await provider.CreateKeyAsync("purge", Es256, Cancellation);
        await provider.DestroyKeyAsync(key.Handle, Cancellation);
        await provider.CreateKeyAsync("purge", Es256, Cancellation); // the name is free
        Assert.InRange(server.Requests.Count(static request => request is { Method: "DELETE", Status: 404 }), 4, 6);
    }

    [Fact]
    public async Task A_vault_that_never_purges_is_told_so()
    {
        await using var server = await KeyVaultServer.StartAsync(new KeyVaultSettings { PurgeProtection = true }, _clock, Cancellation);
        await using var provider = TestVaults.Provider(server, _clock, static options => options.PurgeOnDestroy = true);
        var key = await provider.CreateKeyAsync("protected", Es256, Cancellation);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.DestroyKeyAsync(key.Handle, Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
    }

    [Fact]
    public async Task Another_applications_key_under_our_name_is_left_alone()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        using var keys = Raw(server);
        await keys.CreateAsync(KeyLabel.NameFor("mine"), "theirs", new KeyKind("EC", "P-256", null), inHardware: false, Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CreateKeyAsync("mine", Es256, Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
    }

    [Theory]
    [InlineData(VaultTier.Premium, true, "RSA-HSM", "EC-HSM")]
    [InlineData(VaultTier.Premium, false, "RSA", "EC")]
    [InlineData(VaultTier.Standard, false, "RSA", "EC")]
    public async Task Keys_are_of_the_type_that_the_setting_asks_for(VaultTier tier, bool hardware, string rsa, string ec)
    {
        await using var server = await KeyVaultServer.StartAsync(new KeyVaultSettings { Tier = tier }, _clock, Cancellation);
        await using var provider = TestVaults.Provider(server, _clock, options => options.HardwareKeys = hardware);
        await provider.CreateKeyAsync("rsa", new KeySpec(SigningAlgorithm.PS256, 2048), Cancellation);
        await provider.CreateKeyAsync("ec", Es256, Cancellation);
        using var keys = Raw(server);
        Assert.Equal((rsa, ec), (await TypeOfAsync(keys, "rsa"), await TypeOfAsync(keys, "ec")));
    }

    [Theory]
    [InlineData(VaultTier.Standard, true)]
    [InlineData(VaultTier.ManagedHsm, false)]
    public async Task A_vault_without_such_keys_refuses_for_good(VaultTier tier, bool hardware)
    {
        await using var server = await KeyVaultServer.StartAsync(new KeyVaultSettings { Tier = tier }, _clock, Cancellation);
        await using var provider = TestVaults.Provider(server, _clock, options => options.HardwareKeys = hardware);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CreateKeyAsync("hsm", Es256, Cancellation));
        Assert.Equal((KeyServiceError.ProviderRejected, false), (failure.Error, failure.IsTransient));
    }

    [Fact]
    public async Task A_key_in_software_is_not_taken_where_hardware_is_asked_for()
    {
        await using var server = await KeyVaultServer.StartAsync(new KeyVaultSettings { Tier = VaultTier.Premium }, _clock, Cancellation);
        await using var software = TestVaults.Provider(server, _clock);
        await using var hardware = TestVaults.Provider(server, _clock, static options => options.HardwareKeys = true);
        await software.CreateKeyAsync("soft", Es256, Cancellation);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => hardware.CreateKeyAsync("soft", Es256, Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        var hard = await hardware.CreateKeyAsync("hard", Es256, Cancellation);
        Assert.Equal(hard.Handle, (await software.CreateKeyAsync("hard", Es256, Cancellation)).Handle); // it is only safer
    }

    [Fact]
    public async Task A_label_that_holds_another_kind_of_key_is_refused()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        await provider.CreateKeyAsync("ec", Es256, Cancellation);
        await provider.CreateKeyAsync("rsa", new KeySpec(SigningAlgorithm.RS256, 2048), Cancellation);
        foreach (var (label, spec) in ((string, KeySpec)[])[("ec", new(SigningAlgorithm.ES384, 0)), ("ec", new(SigningAlgorithm.RS256, 2048)), ("rsa", new(SigningAlgorithm.RS256, 3072))])
            Assert.Equal(KeyServiceError.ProviderRejected, (await Assert.ThrowsAsync<KeyServiceException>(() => provider.CreateKeyAsync(label, spec, Cancellation))).Error);
    }

    [Fact]
    public async Task A_key_that_a_policy_of_the_vault_lets_expire_is_refused_and_can_be_removed()
    {
        await using var server = await KeyVaultServer.StartAsync(new KeyVaultSettings { ExpiryPolicy = TimeSpan.FromDays(90) }, _clock, Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CreateKeyAsync("expires", Es256, Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        await provider.DestroyKeyAsync(Assert.Single(await provider.FindKeysAsync("expires", Cancellation)).Handle, Cancellation);
        Assert.Empty(await provider.FindKeysAsync("expires", Cancellation));
    }

    [Fact]
    public async Task A_handle_of_another_vault_signs_nothing_and_is_not_taken_for_destroyed()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        foreach (var text in (string[])["https://other.vault.azure.net/keys/a/b", $"{server.Url}keys/a", $"{server.Url}keys/a/b/sign", $"{server.Url}keys/../b", ""])
        {
            var handle = new KeyHandle(text);
            var signing = await Assert.ThrowsAsync<KeyServiceException>(() => provider.SignAsync(handle, SigningAlgorithm.ES256, new byte[32], Cancellation).AsTask());
            var destroying = await Assert.ThrowsAsync<KeyServiceException>(() => provider.DestroyKeyAsync(handle, Cancellation));
            Assert.Equal((KeyServiceError.KeyNotFound, KeyServiceError.ProviderRejected), (signing.Error, destroying.Error));
        }

        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_check_asks_the_vault_once_in_a_while_and_a_failure_is_not_remembered()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        server.Faults.Add(new VaultFault { Status = 503, Count = 1 });
        await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
        await provider.CheckAsync(Cancellation);
        var requests = server.Requests.Count;
        await provider.CheckAsync(Cancellation);
        Assert.Equal(requests, server.Requests.Count);
        _clock.Advance(TimeSpan.FromSeconds(6));
        await provider.CheckAsync(Cancellation);
        Assert.Equal(requests + 1, server.Requests.Count);
    }

    [Theory]
    [InlineData(VaultTier.Standard, false, "kty=EC ", "exportable=false True")]
    [InlineData(VaultTier.Premium, true, "kty=EC-HSM True", "exportable=false True")]
    public async Task An_operator_is_told_what_the_vault_says_of_itself_and_of_a_key(VaultTier tier, bool hardware, params string[] evidence)
    {
        await using var server = await KeyVaultServer.StartAsync(new KeyVaultSettings { Tier = tier }, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, TimeProvider.System, options => options.HardwareKeys = hardware);
        var key = await provider.CreateKeyAsync("inspected", Es256, Cancellation);
        Assert.Equal(evidence, (await provider.InspectKeyAsync(key.Handle, Cancellation)).Select(static one => $"{one.Name}={one.Value} {one.Holds}"));
        var facts = await provider.InspectAsync(Cancellation);
        Assert.Equal(("loopback", "1.9.0.0"), (facts.Backend["region"], facts.Backend["service version"]));
        Assert.InRange(facts.ClockSkew ?? TimeSpan.MaxValue, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
        Assert.Contains("ES256K", facts.Mechanisms);
        Assert.DoesNotContain("Ed25519", facts.Mechanisms);
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The one disposes of the other.")]
    private VaultKeys Raw(KeyVaultServer server) => new(new VaultClient(TestVaults.Options(server), credential: null, connect: null, _clock));

    private static async Task<string?> TypeOfAsync(VaultKeys keys, string label)
    {
        var versions = await keys.VersionsAsync(KeyLabel.NameFor(label), Cancellation);
        return (await keys.GetAsync(versions[0].Key, Cancellation)).Bundle.Key?.KeyType;
    }
}
