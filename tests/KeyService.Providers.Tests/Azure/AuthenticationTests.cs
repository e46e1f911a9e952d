using System.Net.Sockets;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Azure;
using KeyService.Testing.Azure;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Providers.Tests.Azure;

public sealed class AuthenticationTests
{
    private readonly HurryingClock _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_request_carries_neither_body_nor_token_and_one_token_serves_all_others()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        var unknown = new KeyHandle($"{server.Url}keys/unknown/00112233445566778899aabbccddeeff");
        await Assert.ThrowsAsync<KeyServiceException>(() => provider.SignAsync(unknown, SigningAlgorithm.ES256, new byte[32], Cancellation).AsTask());

        Assert.Collection(
            server.Requests,
            first => Assert.Equal(("POST", false, 0L, 401), (first.Method, first.HadToken, first.BodyLength, first.Status)),
            second => Assert.Equal(("POST", true, true, 404), (second.Method, second.HadToken, second.BodyLength > 0, second.Status)));
        for (var i = 0; i < 5; i++)
            await provider.FindKeysAsync("none", Cancellation);
        Assert.All(server.Requests.Skip(1), static request => Assert.True(request.HadToken));
        Assert.Equal(1, server.Issuer.Issued);
    }

    [Fact]
    public async Task No_token_is_fetched_for_a_resource_that_is_not_the_vaults_own()
    {
        await using var server = await KeyVaultServer.StartAsync(new KeyVaultSettings { Resource = "https://storage.azure.com" }, _clock, Cancellation);
        foreach (var pinned in (Uri?[])[new Uri("https://vault.azure.net"), null])
        {
            await using var provider = TestVaults.Provider(server, _clock, options => options.TokenResource = pinned);
            var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
            Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
            Assert.Contains("TokenResource", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, server.Issuer.Issued);
        Assert.All(server.Requests, static request => Assert.False(request.HadToken));
    }

    [Fact]
    public async Task A_vault_within_the_resources_domain_needs_no_pinned_resource()
    {
        await using var server = await KeyVaultServer.StartAsync(new KeyVaultSettings { HostName = "test.vault.azure.net" }, _clock, Cancellation);
        var options = TestVaults.Options(server);
        options.TokenResource = null;
        await using var provider = new AzureKeyVaultKeyProvider(
            "azure", options, NullLogger<AzureKeyVaultKeyProvider>.Instance, _clock, credential: null, ToLoopbackAsync);
        var key = await provider.CreateKeyAsync("domain", new KeySpec(SigningAlgorithm.ES256, 0), Cancellation);
        Assert.StartsWith("https://test.vault.azure.net:", key.Handle.Value, StringComparison.Ordinal);
        Assert.Equal(1, server.Issuer.Issued);

        async ValueTask<Stream> ToLoopbackAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
        {
            Assert.Equal("test.vault.azure.net", context.DnsEndPoint.Host);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync("127.0.0.1", server.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_near_its_end_is_renewed()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock, credential: new ShortLivedCredential(server));
        while (server.Issuer.Issued < 3) // the library may fetch the next one beside a call, while the present one is still good
            await provider.FindKeysAsync("none", Cancellation);
        Assert.All(server.Requests, static request => Assert.True(request.Status is 200 or 401, $"status {request.Status}"));
    }

    [Fact]
    public async Task A_revoked_token_is_replaced_within_the_same_call()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        await provider.FindKeysAsync("none", Cancellation);
        server.Issuer.RevokeAll();
        await provider.FindKeysAsync("none", Cancellation);
        await provider.FindKeysAsync("none", Cancellation);
        Assert.Equal([401, 200, 401, 200, 200], server.Requests.Select(static request => request.Status));
        Assert.Equal(2, server.Issuer.Issued);
    }

    [Fact]
    public async Task A_wrong_secret_is_rejected_and_a_corrected_file_needs_no_restart()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        var options = TestVaults.Options(server);
        await using var provider = TestVaults.Provider(server, _clock);
        await File.WriteAllTextAsync(options.ClientSecretFile!, "wrong", Cancellation); // TestVaults sets it
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
        Assert.Equal((KeyServiceError.ProviderRejected, false), (failure.Error, failure.IsTransient));
        Assert.DoesNotContain("invalid_client", failure.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(options.ClientSecretFile!, server.Issuer.ClientSecret + "\n", Cancellation); // as before
        await provider.CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_missing_secret_file_is_rejected_by_name()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock, static options => options.ClientSecretFile = "/nowhere/secret");
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Assert.Contains("ClientSecretFile", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_service_that_is_away_is_a_passing_failure()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock);
        server.Issuer.FailsWith = 503;
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
        Assert.Equal((KeyServiceError.ProviderUnavailable, true), (failure.Error, failure.IsTransient));
        server.Issuer.FailsWith = null;
        await provider.CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_token_that_the_vault_never_accepts_is_rejected_without_a_loop()
    {
        await using var server = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var other = await KeyVaultServer.StartAsync(clock: _clock, cancellationToken: Cancellation);
        await using var provider = TestVaults.Provider(server, _clock, credential: new ShortLivedCredential(other));
        for (var i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation));
            Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        }

        Assert.Equal([false, true, true], server.Requests.Select(static request => request.HadToken));
    }
}
