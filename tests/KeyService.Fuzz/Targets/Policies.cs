using System.Text;
using KeyService.Core.Keys;
using KeyService.Server.Access;
using KeyService.Server.Access.Decisions;
using KeyService.Server.Access.Policies;

namespace KeyService.Fuzz.Targets;

/// <summary>The policy file, in YAML and in JSON.</summary>
internal static class Policies
{
    private static readonly Caller[] Callers = [Caller.Spiffe("spiffe://example.org/ns/billing/a"), Caller.Dns("billing.internal"), Caller.Unix(1000, 1000), Caller.Anonymous];

    public static IReadOnlyList<byte[]> Yaml { get; } =
    [
        .. new[]
        {
            """
            version: 1
            privateJwks: [ "tenant-*" ]
            principals:
              - name: billing
                match:
                  - spiffe: spiffe://example.org/ns/billing/*
                  - dns: billing.internal
                  - subject: CN=billing, O=Example
                  - jwt: { issuer: https://login.example.com, subject: "billing-*", claims: [ { name: groups, value: signers } ] }
                  - unix: { uid: 1000 }
                grants:
                  - keySets: [ default, "tenant-*" ]
                    permissions: [ sign, read ]
                    claims:
                      issuers: [ https://id.example.com ]
                      subjects: [ "user-*" ]
                      maxLifetime: 10m
                      required: [ jti ]
                      forbidden: [ admin ]
                limits: { requestsPerSecond: 500, concurrentSigns: 32 }
            """,
            """
            version: 1
            principals:
              - name: ops
                match:
                  - unix: { uid: 0, gid: 0 }
                grants:
                  - keySets: [ "*" ]
                    permissions: [ rotate, admin ] # no signatures
            """,
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public static IReadOnlyList<byte[]> Json { get; } =
    [
        """{"version":1,"principals":[{"name":"a","match":[{"dns":"a.internal"}],"grants":[{"keySets":["default"],"permissions":["sign"],"rawSign":false}],"limits":{"requestsPerSecond":5}}]}"""u8.ToArray(),
        """{"version":"1","principals":[{"name":"b","match":[{"jwt":{"issuer":"https://i.example","claims":[{"name":"g","value":"s"}]}}],"grants":[{"keySets":["a*"],"permissions":["sign","read"],"claims":{"types":["JWT"],"maxLifetime":"01:00:00"}}]}]}"""u8.ToArray(),
    ];

    public static bool Take(byte[] input)
    {
        var policy = AccessPolicyReader.Read(input, "policy.yaml");
        Rule.Holds(policy.Principals.Count > 0 && policy.Principals.All(principal => KeySetRules.IsName(principal.Name) && principal.Match.Count > 0 && principal.Grants.Count > 0), "a principal is incomplete");
        Rule.Holds(policy.Principals.DistinctBy(principal => principal.Name).Count() == policy.Principals.Count, "two principals have one name");
        foreach (var grant in policy.Principals.SelectMany(principal => principal.Grants))
        {
            Rule.Holds(grant is { Permissions: not Permissions.None, KeySets.Count: > 0 }, "a grant is empty");
            Rule.Holds(!(grant.RawSign && (grant.Claims is not null || (grant.Permissions & Permissions.Sign) == 0)) || (grant.Claims is null && (grant.Permissions & Permissions.Sign) == 0), "a grant with claims lets raw bytes be signed");
        }

        var question = new AccessQuestion(Permissions.Sign, "default") { ClaimsJson = "{\"exp\":1893456000}" };
        foreach (var caller in Callers)
        {
            var decision = AccessRules.Decide(policy, caller, question, DateTimeOffset.UnixEpoch.AddSeconds(1893450000));
            Rule.Holds(caller.Kind != CallerKind.Anonymous || decision.Outcome == AccessOutcome.NotAuthenticated, "a caller that proved nothing was known");
        }

        return true;
    }
}
