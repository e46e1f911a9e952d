using System.Net.Http.Headers;
using System.Xml.Linq;

namespace KeyService.Testing.Aws;

/// <summary>The identities of a <see cref="MotoServer"/>, by IAM's query protocol, and whether moto goes by them.</summary>
public sealed class MotoIam(MotoServer moto) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = moto.Endpoint };

    /// <summary>A user who may do what <paramref name="policy"/> says, and the key that it signs requests with.</summary>
    public async Task<AwsAccessKey> AddUserAsync(string name, string policy, CancellationToken cancellationToken)
    {
        await CallAsync("CreateUser", [("UserName", name)], cancellationToken);
        await CallAsync("PutUserPolicy", [("UserName", name), ("PolicyName", name), ("PolicyDocument", policy)], cancellationToken);
        var answer = await CallAsync("CreateAccessKey", [("UserName", name)], cancellationToken);
        return new AwsAccessKey(Value(answer, "AccessKeyId"), Value(answer, "SecretAccessKey"));
    }

    public Task AddRoleAsync(string name, string trust, CancellationToken cancellationToken) =>
        CallAsync("CreateRole", [("RoleName", name), ("AssumeRolePolicyDocument", trust)], cancellationToken);

    /// <summary>Gives a role the one policy of this name, in place of what it was.</summary>
    public Task PutRolePolicyAsync(string role, string name, string policy, CancellationToken cancellationToken) =>
        CallAsync("PutRolePolicy", [("RoleName", role), ("PolicyName", name), ("PolicyDocument", policy)], cancellationToken);

    public Task RemoveRolePolicyAsync(string role, string name, CancellationToken cancellationToken) =>
        CallAsync("DeleteRolePolicy", [("RoleName", role), ("PolicyName", name)], cancellationToken);

    /// <summary>The names of all roles and of the policies that are not AWS's own.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(CancellationToken cancellationToken)
    {
        var roles = await CallAsync("ListRoles", [], cancellationToken);
        var policies = await CallAsync("ListPolicies", [("Scope", "Local")], cancellationToken);
        return [.. Values(roles, "RoleName"), .. Values(policies, "PolicyName")];
    }

    /// <summary>From here on every request must be signed and permitted; or none must any more. moto looks at actions only, not at conditions.</summary>
    public async Task EnforceAsync(bool enforce, CancellationToken cancellationToken)
    {
        using var body = new StringContent(enforce ? "0" : "inf"); // how many requests are let pass before
        using var answer = await _http.PostAsync(new Uri("/moto-api/reset-auth", UriKind.Relative), body, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();

    private async Task<XElement> CallAsync(string action, (string Name, string Value)[] parameters, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/");
        // Where it is not enforced, the signature is only looked at for the service's name.
        request.Headers.Authorization = new AuthenticationHeaderValue("AWS4-HMAC-SHA256", "Credential=test/20300101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0");
        request.Content = new FormUrlEncodedContent(
            [.. parameters.Select(static parameter => KeyValuePair.Create(parameter.Name, parameter.Value)), KeyValuePair.Create("Action", action), KeyValuePair.Create("Version", "2010-05-08")]);
        using var answer = await _http.SendAsync(request, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode ? XElement.Parse(text) : throw new InvalidOperationException($"{action}: {text}");
    }

    private static string Value(XElement answer, string name) => Values(answer, name).Single();

    private static IEnumerable<string> Values(XElement answer, string name) =>
        answer.Descendants().Where(element => element.Name.LocalName == name).Select(static element => element.Value);
}
