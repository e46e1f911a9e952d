using System.Security.Cryptography.X509Certificates;
using KeyService.Core;
using KeyService.Server.Access;
using KeyService.Server.Access.Commands;
using KeyService.Server.Access.Decisions;
using KeyService.Server.Access.Policies;

namespace KeyService.Server.Tests.Access;

public sealed class AccessRulesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(2_000_000_000);
    private static readonly AccessPolicy Policy = Policies.Read(Policies.Text);

    [Theory]
    [InlineData("spiffe://example.org/billing", "Sign", "raw-only", "Allowed")]
    [InlineData("spiffe://example.org/ns/billing/a/b", "Read", "tenant-a", "Allowed")]
    [InlineData("spiffe://example.org/ns/billing", "Read", "tenant-a", "NotInPolicy")]
    [InlineData("spiffe://example.org/ns/billing2", "Read", "tenant-a", "NotInPolicy")]
    [InlineData("spiffe://example.org.evil/billing", "Read", "tenant-a", "NotInPolicy")]
    [InlineData("spiffe://example.org/billing", "Read", "tenant-", "Allowed")]
    [InlineData("spiffe://example.org/billing", "Read", "shared2", "NotGranted")]
    [InlineData("spiffe://example.org/billing", "Read", "Tenant-a", "NotGranted")]
    [InlineData("spiffe://example.org/billing", "Read", "raw-only", "NotGranted")]
    [InlineData("spiffe://example.org/billing", "Rotate", "tenant-a", "NotGranted")]
    [InlineData("spiffe://example.org/billing", "Admin", "tenant-a", "NotGranted")]
    [InlineData("spiffe://example.org/billing", "Sign", "tenant-a", "RawSignRefused")]
    [InlineData("dns:reader.example", "Read", "anything", "Allowed")]
    [InlineData("dns:reader.example", "Sign", "anything", "NotGranted")]
    [InlineData("dns:other.example", "Read", "anything", "NotInPolicy")]
    [InlineData("subject:CN=ops, O=Example", "Admin", "tenant-a", "Allowed")]
    [InlineData("subject:CN=ops, O=Example", "Sign", "tenant-a", "NotGranted")]
    [InlineData("subject:O=Example, CN=ops", "Admin", "tenant-a", "NotInPolicy")]
    [InlineData("""jwt:{"iss":"https://login.example","sub":"repo:acme/x","https://acme.example/role":["a","deploy"]}""", "Rotate", "tenant-a", "Allowed")]
    [InlineData("""jwt:{"iss":"https://login.example","sub":"repo:acme/x","https://acme.example/role":"a"}""", "Rotate", "tenant-a", "NotInPolicy")]
    [InlineData("""jwt:{"iss":"https://evil.example","sub":"repo:acme/x","https://acme.example/role":"deploy"}""", "Rotate", "tenant-a", "NotInPolicy")]
    [InlineData("jwt:https://login.example#repo:acme/x", "Rotate", "tenant-a", "NotInPolicy")]
    [InlineData("uid:1000,gid:1", "Sign", "default", "RawSignRefused")]
    [InlineData("uid:1,gid:77", "Sign", "default", "RawSignRefused")]
    [InlineData("uid:1,gid:1000", "Sign", "default", "NotInPolicy")]
    [InlineData("anonymous", "Read", "default", "NotAuthenticated")]
    public void The_policy_decides(string caller, string permission, string keySet, string outcome)
    {
        var question = new AccessQuestion(Enum.Parse<Permissions>(permission), keySet) { SignsRaw = permission == "Sign" };
        var decision = AccessRules.Decide(Policy, CallerText.Parse(caller), question, Now);
        Assert.Equal(Enum.Parse<AccessOutcome>(outcome), decision.Outcome);
        Assert.NotEmpty(decision.Explain());
    }

    [Theory]
    [InlineData("""{"iss":"https://id.example","sub":"user-1","aud":"api","jti":"1","exp":2000000600}""", "at+jwt", null)]
    [InlineData("""{"iss":"https://id.example","sub":"user-1","aud":["web","api"],"jti":"1","exp":2000000600}""", "AT+JWT", null)]
    [InlineData("""{"iss":"https://id.example","sub":"user-1","aud":["web","else"],"jti":"1","exp":2000000600}""", "at+jwt", "claims_json.aud")]
    [InlineData("""{"iss":"https://id.example","sub":"user-1","aud":[],"jti":"1","exp":2000000600}""", "at+jwt", "claims_json.aud")]
    [InlineData("""{"iss":"https://id.example","sub":"user-1","jti":"1","exp":2000000600}""", "at+jwt", "claims_json.aud")]
    [InlineData("""{"iss":"https://id.example","sub":"root","aud":"api","jti":"1","exp":2000000600}""", "at+jwt", "claims_json.sub")]
    [InlineData("""{"iss":"https://id.example","aud":"api","jti":"1","exp":2000000600}""", "at+jwt", "claims_json.sub")]
    [InlineData("""{"iss":"https://evil.example","sub":"user-1","aud":"api","jti":"1","exp":2000000600}""", "at+jwt", "claims_json.iss")]
    [InlineData("""{"sub":"user-1","aud":"api","jti":"1","exp":2000000600}""", "at+jwt", "claims_json.iss")]
    [InlineData("""{"iss":"https://id.example","sub":"user-1","aud":"api","jti":"1","exp":2000000601}""", "at+jwt", "claims_json.exp")]
    [InlineData("""{"iss":"https://id.example","sub":"user-1","aud":"api","exp":2000000600}""", "at+jwt", "claims_json.jti")]
    [InlineData("""{"iss":"https://id.example","sub":"user-1","aud":"api","jti":"1","admin":false,"exp":2000000600}""", "at+jwt", "claims_json.admin")]
    [InlineData("""{"iss":"https://id.example","sub":"user-1","aud":"api","jti":"1","exp":2000000600}""", "", "typ")]
    public void Claims_are_held_against_the_claims_policy(string claims, string type, string? field)
    {
        var question = new AccessQuestion(Permissions.Sign, "tenant-a") { ClaimsJson = claims, TokenType = type };
        var decision = AccessRules.Decide(Policy, Caller.Spiffe("spiffe://example.org/billing"), question, Now);
        Assert.Equal(field, decision.Fault?.Field);
        Assert.Equal(field is null, decision.Allowed);
        if (field is not null)
            Assert.Equal((KeyServiceError.ClaimsNotPermitted, field), (decision.Denial().Error, decision.Denial().Field));
    }

    [Fact]
    public void Claims_in_which_a_member_stands_twice_are_nobodys_to_have_signed()
    {
        const string claims = """{"iss":"https://id.example","sub":"user-1","sub":"root","aud":"api","jti":"1","exp":2000000600}""";
        var question = new AccessQuestion(Permissions.Sign, "tenant-a") { ClaimsJson = claims, TokenType = "at+jwt" };
        var refusal = Assert.Throws<KeyServiceException>(() => AccessRules.Decide(Policy, Caller.Spiffe("spiffe://example.org/billing"), question, Now));
        Assert.Equal(KeyServiceError.InvalidArgument, refusal.Error);
    }

    [Fact]
    public void A_denial_does_not_tell_what_exists()
    {
        IEnumerable<string> names = ["tenant-a", "no-such-set"];
        var asked = names.Select(name =>
            AccessRules.Decide(Policy, Caller.Dns("reader.example"), new AccessQuestion(Permissions.Admin, name), Now).Denial());
        Assert.Single(asked.Select(denial => (denial.Error, denial.Message, denial.Field)).Distinct());
    }

    [Fact]
    public void A_certificates_subject_is_compared_as_a_whole()
    {
        var longer = Caller.Subject(new X500DistinguishedName("CN=ops, O=Example, C=DE"));
        Assert.Null(Policy.Find(longer));
    }

    [Fact]
    public void What_a_caller_brings_cannot_forge_lines_of_the_log()
    {
        var caller = Caller.Jwt("https://login.example", "a\n2030-01-01 Allowed", TokenClaims.None);
        var decision = AccessRules.Decide(Policy, caller, new AccessQuestion(Permissions.Read, "x\r\ny"), Now);
        Assert.All(decision.Explain(), line => Assert.DoesNotContain(line, char.IsControl));
    }
}
