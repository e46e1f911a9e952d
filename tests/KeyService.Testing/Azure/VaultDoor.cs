using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace KeyService.Testing.Azure;

/// <summary>Takes requests in: version, challenge, faults, then the operation that method and path name.</summary>
internal sealed class VaultDoor(
    KeyVaultSettings settings, TokenIssuer issuer, VaultFaults faults, VaultOperations operations, VaultKeyStore store, VaultAnswers answers, VaultPages pages)
{
    private static readonly string[] Versions = ["7.4", "7.5", "7.6", "2025-07-01"];
    private static readonly string[] QueryParameters = ["api-version", "maxresults", "$skiptoken"];

    public async Task<(int Status, JsonObject? Body)> AnswerAsync(HttpContext context, string address)
    {
        var token = TokenOf(context.Request);
        if (token is null || !issuer.IsValid(token))
        {
            Challenge(context, address, isRevoked: token is not null && issuer.IsRevoked(token));
            throw new VaultRefusal(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token, or it is not valid here.");
        }

        var fault = faults.Take(context.Request.Path.Value ?? "");
        if (fault is not null && await MeetAsync(fault, context) is { } answer)
            return answer;
        CheckQuery(context.Request);
        var json = await ReadBodyAsync(context.Request, context.RequestAborted);
        return Route(context.Request, json, fault);
    }

    /// <summary>
    /// Authentication, requests and responses: the challenge names the authority and the resource that the token is for. A token
    /// that was revoked before its time is refused with a claims challenge (Continuous access evaluation).
    /// </summary>
    private void Challenge(HttpContext context, string address, bool isRevoked)
    {
        var target = settings.ChallengesWithScope ? $"scope=\"{settings.Resource}/.default\"" : $"resource=\"{settings.Resource}\"";
        context.Response.Headers.WWWAuthenticate = $"Bearer authorization=\"{address}/{issuer.TenantId}\", {target}";
        if (isRevoked)
        {
            var claims = Convert.ToBase64String("""{"access_token":{"nbf":{"essential":true,"value":"1"}}}"""u8);
            context.Response.Headers.WWWAuthenticate += $", error=\"insufficient_claims\", claims=\"{claims}\"";
        }
    }

    private static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization.SingleOrDefault() is { } header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? header["Bearer ".Length..]
            : null;

    private static async Task<(int Status, JsonObject? Body)?> MeetAsync(VaultFault fault, HttpContext context)
    {
        if (fault.Delay > TimeSpan.Zero)
            await Task.Delay(fault.Delay, context.RequestAborted);
        if (fault.Drop)
        {
            context.Abort();
            return (0, null);
        }

        if (fault.RetryAfter is not null)
            context.Response.Headers.RetryAfter = fault.RetryAfter;
        if (fault.Status is { } status)
            throw new VaultRefusal(status, fault.Code, "A fault that a test asked for.", fault.InnerCode);
        if (fault.Body is null)
            return null;
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(fault.Body), context.RequestAborted);
        return (200, null);
    }

    private static void CheckQuery(HttpRequest request)
    {
        if (request.Query["api-version"].SingleOrDefault() is not { } version || !Versions.Contains(version, StringComparer.Ordinal))
            throw VaultRefusal.BadParameter($"api-version must be one of {string.Join(", ", Versions)}.");
        if (request.Query.Keys.Except(QueryParameters, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
            throw VaultRefusal.BadParameter($"The query parameter {unknown} is not known.");
    }

    private static async Task<JsonElement> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        if (body.Length == 0)
            return default;
        if (request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
            throw new VaultRefusal(415, "BadParameter", "The content type must be application/json.");
        return VaultBody.Parse(body.ToArray());
    }

    private (int Status, JsonObject? Body) Route(HttpRequest request, JsonElement json, VaultFault? fault)
    {
        // Clients write an empty version as "keys/name/", and some begin with "//".
        var path = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries); // Kestrel always gives one
        var body = (request.Method, path) switch
        {
            ("GET", ["keys"]) => pages.Page(request, store.List(deleted: false), static key => key.Name, answers.Item),
            ("POST", ["keys", var name, "create"]) => operations.Create(name, json),
            ("GET", ["keys", var name, "versions"]) => ListVersions(request, name),
            ("GET", ["keys", var name]) => operations.Get(name, null),
            ("GET", ["keys", var name, var version]) => operations.Get(name, version),
            ("PATCH", ["keys", var name]) => operations.Update(name, null, json),
            ("PATCH", ["keys", var name, var version]) => operations.Update(name, version, json),
            ("DELETE", ["keys", var name]) => operations.Delete(name),
            ("POST", ["keys", var name, var version, "sign"]) => operations.Sign(name, version, json, fault),
            ("POST", ["keys", var name, var version, "verify"]) => operations.Verify(name, version, json),
            ("GET", ["deletedkeys"]) => pages.Page(request, store.List(deleted: true), static key => key.Name, answers.DeletedItem),
            ("GET", ["deletedkeys", var name]) => operations.GetDeleted(name),
            ("POST", ["deletedkeys", var name, "recover"]) => operations.Recover(name),
            ("DELETE", ["deletedkeys", var name]) => null,
            _ => throw new VaultRefusal(405, "BadParameter", $"{request.Method} {request.Path} is no operation of this API."),
        };
        if (body is not null)
            return (200, body);
        operations.Purge(path[1]);
        return (204, null);
    }

    private JsonObject ListVersions(HttpRequest request, string name)
    {
        var versions = store.Versions(name);
        return pages.Page(request, versions, static version => version.Id, version => answers.Item(answers.Kid(store.Get(name), version), version));
    }
}
