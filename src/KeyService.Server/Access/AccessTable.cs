using System.Collections.Frozen;
using Grpc.AspNetCore.Server;
using KeyService.Protos.V1;
using KeyService.Server.Access.Decisions;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Access;

/// <summary>The one table of what each method and route asks for. A method that is not in it keeps the server from starting.</summary>
internal static class AccessTable
{
    public const string Signing = "/keyservice.v1.SigningService/";
    public const string Jwks = "/keyservice.v1.JwksService/";
    public const string KeySets = "/keyservice.v1.KeySetService/";

    public static readonly IReadOnlyList<AccessRule> All =
    [
        Permitted(Signing + "Sign", Permissions.Sign),
        Permitted(Signing + "SignJwt", Permissions.Sign),
        Permitted(Signing + "SignBatch", Permissions.Sign),
        Published(Jwks + "GetJwks"),
        Published(Jwks + "WatchJwks"),
        Permitted(KeySets + "CreateKeySet", Permissions.Admin),
        Permitted(KeySets + "GetKeySet", Permissions.Read),
        Permitted(KeySets + "ListKeySets", Permissions.Read),
        Permitted(KeySets + "UpdateKeySet", Permissions.Admin),
        Permitted(KeySets + "DeleteKeySet", Permissions.Admin),
        Permitted(KeySets + "Rotate", Permissions.Rotate),
        Permitted(KeySets + "RevokeKey", Permissions.Admin),
        Published("/.well-known/jwks.json"),
        Published("/{key_set}/.well-known/jwks.json"),
        Published("/.well-known/openid-configuration"),
        Published("/{key_set}/.well-known/openid-configuration"),
        new(MetricsEndpoint.Path, AccessKind.Overview, Permissions.Read),
        Public("/health/live"),
        Public("/health/ready"),
        Public("/grpc.health.v1.Health/Check"),
        Public("/grpc.health.v1.Health/List"), // not in every version of the protocol
        Public("/grpc.health.v1.Health/Watch"),
        Callers("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
        Callers("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
    ];

    private static readonly FrozenDictionary<string, AccessRule> ByName = All.ToFrozenDictionary(rule => rule.Name, StringComparer.Ordinal);

    public static AccessRule? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Of a method that is mapped, and so has one.</summary>
    public static AccessRule Get(string method) => Find(method) ?? throw new InvalidOperationException($"{method} has no entry in {nameof(AccessTable)}.");

    /// <summary>The rule of an endpoint, over gRPC and as JSON alike; null for one that only says that there is no such method.</summary>
    /// <exception cref="InvalidOperationException">The endpoint stands for something and has no entry.</exception>
    public static AccessRule? Of(Endpoint endpoint)
    {
        var name = endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName ?? (endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "";
        if (ByName.TryGetValue(name, out var rule))
            return rule;
        // gRPC's answer to methods that do not exist is the only route of ours that ends in a parameter.
        var isUnknownCall = endpoint is RouteEndpoint { RoutePattern.PathSegments: [.., var last] } && last.Parts is [{ IsParameter: true }] && endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is null;
        return isUnknownCall ? null : throw new InvalidOperationException($"{endpoint.DisplayName} has no entry in {nameof(AccessTable)}: nobody has said who may call it.");
    }

    /// <summary>What a request asks to be let do.</summary>
    public static AccessQuestion QuestionOf(AccessRule rule, object request) => request switch
    {
        SignRequest sign => new AccessQuestion(rule.Permission, sign.KeySet) { SignsRaw = true },
        SignBatchRequest batch => new AccessQuestion(rule.Permission, batch.KeySet) { SignsRaw = true },
        SignJwtRequest jwt => new AccessQuestion(rule.Permission, jwt.KeySet) { ClaimsJson = jwt.ClaimsJson, TokenType = jwt.Typ },
        GetJwksRequest get => new AccessQuestion(rule.Permission, get.KeySet),
        WatchJwksRequest watch => new AccessQuestion(rule.Permission, watch.KeySet),
        CreateKeySetRequest create => new AccessQuestion(rule.Permission, create.KeySet),
        GetKeySetRequest get => new AccessQuestion(rule.Permission, get.KeySet),
        ListKeySetsRequest => new AccessQuestion(rule.Permission, KeySet: null),
        UpdateKeySetRequest update => new AccessQuestion(rule.Permission, update.KeySet),
        DeleteKeySetRequest delete => new AccessQuestion(rule.Permission, delete.KeySet),
        RotateRequest rotate => new AccessQuestion(rule.Permission, rotate.KeySet),
        RevokeKeyRequest revoke => new AccessQuestion(rule.Permission, revoke.KeySet),
        _ => throw new InvalidOperationException($"Which key set a {request.GetType()} is about is not known here."),
    };

    /// <summary>For how many requests one counts against a principal's limit.</summary>
    public static int CostOf(object request) => request is SignBatchRequest batch ? Math.Max(1, batch.Items.Count) : 1;

    private static AccessRule Permitted(string name, Permissions permission) => new(name, AccessKind.Permitted, permission);

    private static AccessRule Published(string name) => new(name, AccessKind.Published, Permissions.Read);

    private static AccessRule Public(string name) => new(name, AccessKind.Public, Permissions.None);

    private static AccessRule Callers(string name) => new(name, AccessKind.Callers, Permissions.None);
}
