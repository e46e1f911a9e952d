using KeyService.Core;
using KeyService.Storage.Crash;
using KeyService.Storage.Postgres;
using KeyService.Testing.Azure;

namespace KeyService.Storage.Tests.Postgres;

public sealed class PostgresTlsTests(SharedPostgres postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_right_root_and_name_are_verified_in_full()
    {
        await using var store = await OpenAsync($"SSL Mode=VerifyFull;Root Certificate={postgres.Server.RootCertificateFile}");
        await store.PrepareAsync(Token);
        Assert.True(await store.TrySaveAsync(A.KeySet("orders"), Token));
        Assert.NotNull(await store.FindAsync("orders", Token));
    }

    [Fact]
    public async Task A_wrong_root_is_refused()
    {
        using var other = new VaultCertificate();
        await RefusedAsync($"SSL Mode=VerifyFull;Root Certificate={other.File}");
    }

    [Fact]
    public Task Without_the_root_the_certificate_is_refused() => RefusedAsync("SSL Mode=VerifyFull");

    [Fact]
    public Task A_name_that_the_certificate_does_not_hold_is_refused() =>
        RefusedAsync($"SSL Mode=VerifyFull;Host=localhost;Root Certificate={postgres.Server.RootCertificateFile}");

    [Fact]
    public Task A_root_that_is_not_there_is_told() => RefusedAsync("SSL Mode=VerifyFull;Root Certificate=/nowhere/root.pem");

    private async Task<PostgresKeySetStore> OpenAsync(string tls) =>
        SharedPostgres.Open($"{await postgres.Server.CreatePlaceAsync(Token)};{tls}");

    private async Task RefusedAsync(string tls)
    {
        await using var store = await OpenAsync(tls);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => store.PrepareAsync(Token));
        Assert.Equal((KeyServiceError.StoreUnavailable, false), (failure.Error, failure.IsTransient));
        Assert.Contains("certificate", failure.Message, StringComparison.Ordinal);
    }
}
