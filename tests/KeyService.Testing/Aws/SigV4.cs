using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace KeyService.Testing.Aws;

/// <summary>Verifies Signature Version 4 ("Create a signed AWS API request", IAM User Guide) of a request to the root path.</summary>
internal sealed class SigV4(AwsAccount account, string region, string service, TimeProvider time)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    public AwsAccessKey Authenticate(HttpRequest request, byte[] body)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.Length == 0)
            throw new AwsErrorException("MissingAuthenticationTokenException", "Missing Authentication Token");

        var parts = Parts(authorization);
        var scope = parts["Credential"].Split('/');
        var date = request.Headers["X-Amz-Date"].ToString();
        if (scope.Length != 5 || scope[4] != "aws4_request" || !DateTimeOffset.TryParseExact(
                date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var signedAt))
            throw Incomplete("Credential or X-Amz-Date is missing or malformed.");
        if ((scope[1], scope[2], scope[3]) != (date[..8], region, service))
            throw Invalid($"Credential should be scoped to {date[..8]}/{region}/{service}.");
        if ((time.GetUtcNow() - signedAt).Duration() > Tolerance)
            throw Invalid("Signature expired or not yet current.");

        var key = account.Find(scope[0]);
        if (key is null || request.Headers["X-Amz-Security-Token"].ToString() != (key.SessionToken ?? ""))
            throw new AwsErrorException("UnrecognizedClientException", "The security token included in the request is invalid.");

        var signedHeaders = parts["SignedHeaders"].Split(';');
        CheckSignedHeaders(request, signedHeaders);
        var canonical = Canonical(request, signedHeaders, body);
        var expected = Signature(key.Secret, scope, $"{Algorithm}\n{date}\n{string.Join('/', scope[1..])}\n{Hex(canonical)}");
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(parts["Signature"])))
            throw Invalid("The request signature we calculated does not match the signature you provided.");
        if (key.Expires <= time.GetUtcNow())
            throw new AwsErrorException("ExpiredTokenException", "The security token included in the request is expired");
        return key;
    }

    private static Dictionary<string, string> Parts(string authorization)
    {
        if (!authorization.StartsWith(Algorithm + " ", StringComparison.Ordinal))
            throw Incomplete("Another algorithm than " + Algorithm);
        var parts = authorization[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries)
            .Select(static part => part.Split('=', 2))
            .Where(static part => part.Length == 2)
            .ToDictionary(static part => part[0], static part => part[1], StringComparer.Ordinal);
        foreach (var name in (string[])["Credential", "SignedHeaders", "Signature"])
        {
            if (!parts.ContainsKey(name))
                throw Incomplete($"Authorization header requires '{name}' parameter.");
        }

        return parts;
    }

    private static void CheckSignedHeaders(HttpRequest request, string[] signed)
    {
        if (!signed.SequenceEqual(signed.Order(StringComparer.Ordinal)) || !signed.Contains("host", StringComparer.Ordinal))
            throw Incomplete("SignedHeaders must be sorted and hold host.");
        foreach (var header in request.Headers.Keys.Where(static name => name.StartsWith("X-Amz-", StringComparison.OrdinalIgnoreCase)))
        {
            if (!signed.Contains(header, StringComparer.OrdinalIgnoreCase))
                throw Invalid($"There were headers present in the request which were not signed: {header}.");
        }
    }

    private static string Canonical(HttpRequest request, string[] signed, byte[] body)
    {
        if (request.Path != "/" || request.QueryString.HasValue)
            throw Invalid("Both services are called at the root path without a query.");

        var text = new StringBuilder().Append(request.Method).Append("\n/\n\n");
        foreach (var name in signed)
        {
            var value = string.Join(' ', request.Headers[name].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
            text.Append(name).Append(':').Append(value).Append('\n');
        }

        return text.Append('\n').AppendJoin(';', signed).Append('\n').Append(Convert.ToHexStringLower(SHA256.HashData(body))).ToString();
    }

    private static string Signature(string secret, string[] scope, string text)
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var part in scope[1..])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }

    private static string Hex(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static AwsErrorException Incomplete(string message) => new("IncompleteSignatureException", message);

    private static AwsErrorException Invalid(string message) => new("InvalidSignatureException", message);
}
