using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;

namespace KeyService.Providers.Aws.Connection;

/// <summary>The temporary credentials of a role, renewed before they expire. The SDK's own class finds STS by the Region alone, not at an endpoint of our choice.</summary>
internal sealed class AssumedRole : RefreshingAWSCredentials
{
    private const string SessionName = "keyservice"; // shows in CloudTrail
    private readonly AmazonSecurityTokenServiceClient _sts;
    private readonly string _roleArn;

    public AssumedRole(AmazonSecurityTokenServiceClient sts, string roleArn)
    {
        _sts = sts;
        _roleArn = roleArn;
        PreemptExpiryTime = TimeSpan.FromMinutes(5);
    }

    protected override async Task<CredentialsRefreshState> GenerateNewCredentialsAsync()
    {
        var answer = await _sts.AssumeRoleAsync(new AssumeRoleRequest { RoleArn = _roleArn, RoleSessionName = SessionName });
        var given = answer.Credentials;
        return new CredentialsRefreshState(
            new ImmutableCredentials(given.AccessKeyId, given.SecretAccessKey, given.SessionToken),
            given.Expiration ?? throw Failures.Malformed("credentials of a role without an expiry"));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _sts.Dispose();
        base.Dispose(disposing);
    }
}
