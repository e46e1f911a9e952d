using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Testing.Azure;

namespace KeyService.Providers.Tests.Azure;

/// <summary>Each row of the table of failures, through the wire.</summary>
public sealed class AnswerTests(KeyVaultFixture vault) : IClassFixture<KeyVaultFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(400, "BadParameter", null, KeyServiceError.ProviderRejected)]
    [InlineData(401, "Unauthorized", null, KeyServiceError.ProviderRejected)]
    [InlineData(403, "Forbidden", null, KeyServiceError.ProviderRejected)]
    [InlineData(403, "Forbidden", "AccessDenied", KeyServiceError.ProviderRejected)]
    [InlineData(403, "Forbidden", "ForbiddenByPolicy", KeyServiceError.ProviderRejected)]
    [InlineData(403, "Forbidden", "KeyDisabled", KeyServiceError.ProviderRejected)]
    [InlineData(404, "KeyNotFound", null, KeyServiceError.KeyNotFound)]
    [InlineData(408, "RequestTimeout", null, KeyServiceError.ProviderUnavailable)]
    [InlineData(409, "Conflict", "ObjectIsDeletedButRecoverable", KeyServiceError.ProviderRejected)]
    [InlineData(409, "Conflict", "ObjectIsBeingDeleted", KeyServiceError.ProviderUnavailable)]
    [InlineData(409, "Conflict", "ObjectIsBeingRecovered", KeyServiceError.ProviderUnavailable)]
    [InlineData(409, "Conflict", null, KeyServiceError.ProviderUnavailable)]
    [InlineData(410, "Gone", null, KeyServiceError.ProviderRejected)]
    [InlineData(429, "Throttled", null, KeyServiceError.ProviderThrottled)]
    [InlineData(500, "InternalServerError", null, KeyServiceError.ProviderUnavailable)]
    [InlineData(502, "", null, KeyServiceError.ProviderUnavailable)]
    [InlineData(503, "ServiceUnavailable", null, KeyServiceError.ProviderUnavailable)]
    public async Task Each_answer_becomes_one_error(int status, string code, string? innerCode, KeyServiceError expected)
    {
        var failure = await FailureAsync(new VaultFault { Status = status, Code = code, InnerCode = innerCode });
        Assert.Equal(expected, failure.Error);
        Assert.Equal(expected is KeyServiceError.ProviderUnavailable or KeyServiceError.ProviderThrottled, failure.IsTransient);
        Assert.DoesNotContain("a test asked for", failure.Message, StringComparison.Ordinal);
        Assert.Contains("a test asked for", failure.InnerException?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, null, 1)]
    [InlineData(429, "7", 7)]
    [InlineData(429, "soon", 1)]
    [InlineData(503, "11", 11)]
    [InlineData(503, null, null)]
    public async Task The_wait_that_the_vault_asks_for_is_passed_on_or_a_usual_one_taken(int status, string? header, int? seconds)
    {
        var failure = await FailureAsync(new VaultFault { Status = status, RetryAfter = header });
        Assert.Equal(seconds is { } wait ? TimeSpan.FromSeconds(wait) : null, failure.RetryAfter);
    }

    [Fact]
    public async Task A_wait_may_be_told_as_a_date()
    {
        var date = TimeProvider.System.GetUtcNow().AddHours(3); // the clock of the fixture is ahead by minutes at most
        var failure = await FailureAsync(VaultFault.Throttled(retryAfter: date.ToString("r")));
        Assert.InRange(failure.RetryAfter ?? TimeSpan.Zero, TimeSpan.FromHours(2.5), TimeSpan.FromHours(3));
    }

    [Fact]
    public async Task A_signature_by_another_version_is_never_passed_on()
    {
        var failure = await FailureAsync(new VaultFault { WrongKid = true });
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Contains("another key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_throttled_vault_is_asked_once_for_each_call()
    {
        var before = vault.Server.Requests.Count(static request => request.Status == 429);
        await FailureAsync(VaultFault.Throttled());
        Assert.Equal(before + 1, vault.Server.Requests.Count(static request => request.Status == 429));
    }

    private async Task<KeyServiceException> FailureAsync(VaultFault fault)
    {
        await using var provider = vault.NewProvider();
        var key = await provider.CreateKeyAsync("answers", new KeySpec(SigningAlgorithm.ES256, 0), Cancellation);
        vault.Server.Faults.Add(fault);
        try
        {
            return await Assert.ThrowsAsync<KeyServiceException>(
                () => provider.SignAsync(key.Handle, SigningAlgorithm.ES256, new byte[32], Cancellation).AsTask());
        }
        finally
        {
            vault.Server.Faults.Clear();
        }
    }
}
