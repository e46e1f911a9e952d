using System.Text;
using KeyService.Server.Access.Policies;

namespace KeyService.Server.Tests.Access;

/// <summary>A policy with one principal of each kind, and variations of it.</summary>
internal static class Policies
{
    public const string Text = """
        version: 1
        privateJwks: [ "internal-*" ]
        principals:
          - name: billing
            match:
              - spiffe: spiffe://example.org/billing
              - spiffe: spiffe://example.org/ns/billing/*
            grants:
              - keySets: [ "tenant-*", shared ]
                permissions: [ sign, read ]
                claims:
                  issuers: [ https://id.example ]
                  subjects: [ "user-*" ]
                  audiences: [ api, web ]
                  types: [ at+jwt ]
                  maxLifetime: 10m
                  required: [ jti ]
                  forbidden: [ admin ]
              - keySets: [ "raw-only" ]
                permissions: [ sign ]
            limits: { requestsPerSecond: 5, concurrentSigns: 2 }
          - name: reader
            match: [ { dns: reader.example } ]
            grants: [ { keySets: "*", permissions: read } ]
          - name: ops
            match: [ { subject: "CN=ops,O=Example" } ]
            grants: [ { keySets: [ "*" ], permissions: [ admin, rotate, read ] } ]
          - name: deployer
            match:
              - jwt: { issuer: https://login.example, subject: "repo:acme/*", claims: [ { name: "https://acme.example/role", value: deploy } ] }
            grants: [ { keySets: [ tenant-a ], permissions: [ rotate ] } ]
          - name: local
            match: [ { unix: { uid: 1000 } }, { unix: { gid: 77 } } ]
            grants: [ { keySets: [ default ], permissions: [ sign ], rawSign: false } ]
        """;

    public static AccessPolicy Read(string text) => AccessPolicyReader.Read(Encoding.UTF8.GetBytes(text), "p.yaml");

    /// <summary>The policy with one piece of its text, which must be there, replaced by another.</summary>
    public static string With(string piece, string other)
    {
        Assert.Contains(piece, Text, StringComparison.Ordinal);
        return Text.Replace(piece, other, StringComparison.Ordinal);
    }
}
