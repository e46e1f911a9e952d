using System.Text;
using KeyService.Server.Access.Policies;
using KeyService.Server.Configuration;

namespace KeyService.Server.Tests.Access;

public sealed class AccessPolicyReaderTests
{
    [Fact]
    public void A_policy_is_read_as_written()
    {
        var policy = Policies.Read(Policies.Text);

        Assert.Equal(["billing", "reader", "ops", "deployer", "local"], policy.Principals.Select(principal => principal.Name));
        Assert.Equal([4, 22, 25, 28, 32], policy.Principals.Select(principal => principal.Line));
        Assert.Equal(new PrincipalLimits(5, 2), policy.Principals[0].Limits);
        Assert.Equal(TimeSpan.FromMinutes(10), policy.Principals[0].Grants[0].Claims!.MaxLifetime);
        Assert.Equal([false, true], policy.Principals[0].Grants.Select(grant => grant.RawSign));
        Assert.False(policy.Principals[4].Grants[0].RawSign);
    }

    [Fact]
    public void JSON_is_read_by_the_same_rules()
    {
        const string json = """{ "version": 1, "principals": [ { "name": "a", "match": [ { "dns": "a.example" } ], "grants": [ { "keySets": [ "*" ], "permissions": [ "sign" ] } ] } ] }""";
        Assert.Equal("a", Assert.Single(Policies.Read(json).Principals).Name);
        Refused(json.Replace("\"version\"", "\"versoin\"", StringComparison.Ordinal), "p.yaml:1: versoin is unknown");
    }

    [Theory]
    [InlineData("version: 1", "version: 2", "p.yaml:1: version must be 1")]
    [InlineData("version: 1", "", "p.yaml:2: version is missing")]
    [InlineData("privateJwks:", "privateJkws:", "p.yaml:2: privateJkws is unknown")]
    [InlineData("- name: reader", "- nmae: reader", "p.yaml:22: principals:1:name is missing")]
    [InlineData("name: reader", "name: billing", "p.yaml:3: principals name 'billing' twice, at the lines 4 and 22")]
    [InlineData("name: reader", "name: Reader", "p.yaml:22: principals:1:name must be 1 to 63 characters")]
    [InlineData("name: reader", "name: [ reader ]", "p.yaml:22: principals:1:name must be a single value")]
    [InlineData("{ dns: reader.example }", "{ dns: '*.example' }", "p.yaml:23: principals:1:match:0:dns must be a DNS name")]
    [InlineData("{ dns: reader.example }", "{ dns: reader.example, subject: CN=a }", "p.yaml:23: principals:1:match:0 must have exactly one of")]
    [InlineData("[ { dns: reader.example } ]", "[]", "p.yaml:23: principals:1:match must not be empty")]
    [InlineData("[ { dns: reader.example } ]", "{ a: { dns: reader.example } }", "p.yaml:23: principals:1:match must be a list, not a map")]
    [InlineData("keySets: \"*\"", "keySets: { a: b }", "p.yaml:24: principals:1:grants:0:keySets must be a list, not a map")]
    [InlineData("keySets: \"*\"", "keySets: 'a*b'", "p.yaml:24: principals:1:grants:0:keySets must be names of key sets")]
    [InlineData("keySets: \"*\"", "keySets: 'A'", "p.yaml:24: principals:1:grants:0:keySets must be names of key sets")]
    [InlineData("keySets: \"*\"", "keySets: null", "p.yaml:24: null is no value here")]
    [InlineData("keySets: \"*\"", "keySets: ", "p.yaml:24: principals:1:grants:0:keySets must not be empty")]
    [InlineData("match: [ { dns", "match: &a [ { dns", "p.yaml:23: anchors and aliases are not read")]
    [InlineData("keySets: \"*\"", "keySets: *a", "p.yaml:24: anchors and aliases are not read")]
    [InlineData("keySets: \"*\"", "keySets: !!str \"*\"", "p.yaml:24: tags are not read")]
    [InlineData("permissions: read", "permissions: write", "p.yaml:24: principals:1:grants:0:permissions must be of sign, read, rotate and admin, not 'write'")]
    [InlineData("permissions: read", "permissions: [ read, read ]", "p.yaml:24: principals:1:grants:0:permissions name read twice")]
    [InlineData("permissions: read", "permissions: []", "p.yaml:24: principals:1:grants:0:permissions must not be empty")]
    [InlineData("permissions: read", "rawSign: true", "p.yaml:24: principals:1:grants:0:permissions is missing")]
    [InlineData("permissions: read", "permissions: read, permissions: sign", "p.yaml:24: 'permissions' is there twice")]
    [InlineData("permissions: read", "permissions: read, Permissions: sign", "p.yaml:24: 'Permissions' is there twice")]
    [InlineData("permissions: read", "permissions: read, rawSign: false", "p.yaml:24: principals:1:grants:0:rawSign says what may be signed")]
    [InlineData("permissions: read", "permissions: read, claims: { types: JWT }", "p.yaml:24: principals:1:grants:0:claims say what may be signed")]
    [InlineData("claims:\n", "rawSign: true\n        claims:\n", "p.yaml:11: principals:0:grants:0:rawSign must not be true beside claims")]
    [InlineData("maxLifetime: 10m", "maxLifetime: 10", "p.yaml:16: principals:0:grants:0:claims:maxLifetime must be a duration")]
    [InlineData("required: [ jti ]", "required: [ admin ]", "p.yaml:18: principals:0:grants:0:claims:forbidden names 'admin', which is required")]
    [InlineData("requestsPerSecond: 5", "requestsPerSecond: 0", "p.yaml:21: principals:0:limits:requestsPerSecond must be a whole number from 1")]
    [InlineData("requestsPerSecond: 5", "perSecond: 5", "p.yaml:21: principals:0:limits:perSecond is unknown")]
    [InlineData("spiffe://example.org/ns/billing/*", "spiffe://example.org/ns/billing*", "p.yaml:7: principals:0:match:1:spiffe must be a SPIFFE ID")]
    [InlineData("spiffe://example.org/ns/billing/*", "spiffe://*", "p.yaml:7: principals:0:match:1:spiffe must be a SPIFFE ID")]
    [InlineData("spiffe://example.org/ns/billing/*", "spiffe://Example.org/x", "p.yaml:7: principals:0:match:1:spiffe must be a SPIFFE ID")]
    [InlineData("subject: \"CN=ops,O=Example\"", "subject: ops", "p.yaml:26: principals:2:match:0:subject must be a distinguished name")]
    [InlineData("subject: \"repo:acme/*\", claims: [ { name: \"https://acme.example/role\", value: deploy } ]", "", "p.yaml:30: principals:3:match:0:jwt:subject is missing")]
    [InlineData("uid: 1000", "uid: root", "p.yaml:33: principals:4:match:0:unix:uid must be a whole number")]
    public void What_is_wrong_is_refused_by_line_and_path(string piece, string other, string problem) => Refused(Policies.With(piece, other), problem);

    [Fact]
    public void What_is_no_such_document_is_refused()
    {
        Refused("", "p.yaml");
        Refused("- a", "p.yaml:1: it must be a map");
        Refused("a: [", "p.yaml:");
        Refused(Policies.Text + "\n---\nversion: 1", "a second document is not read");
        Refused("a: " + new string('[', 5000), "levels deep");
        Assert.Throws<SettingsException>(() => AccessPolicyReader.Read([(byte)'a', (byte)':', 0xff], "p.yaml"));
        Refused(new string('#', AccessPolicyReader.MaxBytes + 1), "it is longer than");
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var text = Policies.Text.Replace("name: reader", "name: Reader", StringComparison.Ordinal).Replace("name: ops", "name: Ops", StringComparison.Ordinal);
        Assert.Equal(2, Assert.Throws<SettingsException>(() => Policies.Read(text)).Problems.Count);
    }

    private static void Refused(string text, string problem)
    {
        var refusal = Assert.Throws<SettingsException>(() => AccessPolicyReader.Read(Encoding.UTF8.GetBytes(text), "p.yaml"));
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }
}
