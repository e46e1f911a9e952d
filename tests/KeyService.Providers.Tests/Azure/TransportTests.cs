using System.Text;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Azure;
using KeyService.Testing.Azure;

namespace KeyService.Providers.Tests.Azure;

public sealed class TransportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_refused_before_anything_is_sent()
    {
        await using var server = await KeyVaultServer.StartAsync(cancellationToken: Cancellation);
        using var other = new VaultCertificate();
        foreach (var file in (string?[])[null, other.File])
        {
            await using var provider = TestVaults.Provider(server, TimeProvider.System, options => options.TrustedCertificateFile = file);
            var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
            Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
            Assert.Contains("TrustedCertificateFile", failure.Message, StringComparison.Ordinal);
        }

        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_trusted_certificate_for_another_host_is_refused()
    {
        await using var server = await KeyVaultServer.StartAsync(cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, TimeProvider.System, options => options.VaultUri = new Uri($"https://localhost:{server.Port}"));
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_certificate_file_that_cannot_be_read_is_named_and_tried_again()
    {
        await using var server = await KeyVaultServer.StartAsync(cancellationToken: Cancellation);
        var file = server.CertificateFile + ".later";
        await using var provider = TestVaults.Provider(server, TimeProvider.System, options => options.TrustedCertificateFile = file);
        foreach (var content in (string?[])[null, "no certificate"])
        {
            if (content is not null)
                await File.WriteAllTextAsync(file, content, Cancellation);
            var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
            Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
            Assert.Contains("TrustedCertificateFile", failure.Message, StringComparison.Ordinal);
        }

        File.Copy(server.CertificateFile, file, overwrite: true);
        await provider.CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_vault_that_is_away_is_a_passing_failure_and_its_keys_work_when_it_is_back()
    {
        var clock = new HurryingClock();
        await using var server = await KeyVaultServer.StartAsync(clock: clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, clock);
        var key = await provider.CreateKeyAsync("away", new KeySpec(SigningAlgorithm.ES256, 0), Cancellation);
        await server.StopAsync();
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(provider, key.Handle));
        Assert.Equal((KeyServiceError.ProviderUnavailable, true), (failure.Error, failure.IsTransient));
        await server.StartAgainAsync(Cancellation);
        Assert.Equal(64, (await SignAsync(provider, key.Handle)).Length);
    }

    [Fact]
    public async Task A_dropped_connection_is_a_passing_failure_and_is_not_retried_here()
    {
        var clock = new HurryingClock();
        await using var server = await KeyVaultServer.StartAsync(clock: clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, clock);
        var key = await provider.CreateKeyAsync("drop", new KeySpec(SigningAlgorithm.ES256, 0), Cancellation);
        server.Faults.Add(new VaultFault { Drop = true, Count = 1 });
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(provider, key.Handle));
        Assert.Equal((KeyServiceError.ProviderUnavailable, true), (failure.Error, failure.IsTransient));
        Assert.Equal(64, (await SignAsync(provider, key.Handle)).Length);
    }

    [Fact]
    public async Task A_vault_that_is_too_slow_is_told_with_the_setting()
    {
        await using var server = await KeyVaultServer.StartAsync(cancellationToken: Cancellation);
        server.Faults.Add(new VaultFault { Delay = TimeSpan.FromMinutes(5) });
        await using var provider = TestVaults.Provider(server, TimeProvider.System, static options => options.RequestTimeout = TimeSpan.FromMilliseconds(500));
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
        Assert.Equal((KeyServiceError.ProviderUnavailable, true), (failure.Error, failure.IsTransient));
        Assert.Contains("RequestTimeout", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>a proxy's page</html>")]
    [InlineData("null")]
    [InlineData("{\"value\":")]
    [InlineData("{}")]
    [InlineData("{\"value\":\"AAAA\"}")]
    public async Task An_answer_that_is_not_of_the_protocol_is_a_passing_failure(string body)
    {
        await using var server = await KeyVaultServer.StartAsync(cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, TimeProvider.System);
        server.Faults.Add(new VaultFault { Body = body });
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(provider, new KeyHandle($"{server.Url}keys/a/b")));
        Assert.Equal((KeyServiceError.ProviderUnavailable, true), (failure.Error, failure.IsTransient));
    }

    [Fact]
    public async Task A_list_that_holds_nothing_where_a_key_should_be_is_a_passing_failure()
    {
        await using var server = await KeyVaultServer.StartAsync(cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, TimeProvider.System);
        server.Faults.Add(new VaultFault { Body = "{\"value\":[null]}" });
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.FindKeysAsync("a", Cancellation));
        Assert.Equal((KeyServiceError.ProviderUnavailable, true), (failure.Error, failure.IsTransient));
        Assert.Contains("null", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_end_is_given_up()
    {
        await using var server = await KeyVaultServer.StartAsync(cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, TimeProvider.System);
        server.Faults.Add(new VaultFault { Body = new StringBuilder("{\"value\":[],\"x\":\"").Append('x', 2 << 20).Append("\"}").ToString() });
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.FindKeysAsync("a", Cancellation));
        Assert.Contains("too long", failure.Message, StringComparison.Ordinal);
    }

    private static Task<byte[]> SignAsync(AzureKeyVaultKeyProvider provider, KeyHandle key) =>
        provider.SignAsync(key, SigningAlgorithm.ES256, new byte[32], Cancellation).AsTask();
}
