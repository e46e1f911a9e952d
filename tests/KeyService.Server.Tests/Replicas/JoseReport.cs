namespace KeyService.Server.Tests.Replicas;

/// <summary>What follow.mjs saw.</summary>
/// <param name="Verified">Checks that went well, four for each token.</param>
/// <param name="Late">Checks that came after the token had expired, because the verifier was too slow.</param>
/// <param name="Diverted">Fetches that had to go on to another replica.</param>
/// <param name="Failures">The first of those that failed.</param>
internal sealed record JoseReport(
    int Tokens, int Verified, int Late, int Fetches, int NotModified, int Diverted, int Failed, IReadOnlyList<string> Failures)
{
    public const int ChecksPerToken = 4;

    public override string ToString() =>
        $"jose verified {Tokens} tokens {Verified} times, {Failed} failed, {Late} too late; {Fetches} fetches, {NotModified} not modified, {Diverted} diverted";
}
