using System.Globalization;
using System.Security;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace KeyService.Testing.Aws;

/// <summary>AssumeRole of the AWS Security Token Service, in the query protocol.</summary>
internal sealed class StsProtocol(AwsAccount account, string region, TimeProvider time)
{
    private const string Namespace = "https://sts.amazonaws.com/doc/2011-06-15/";

    private readonly SigV4 _authentication = new(account, region, "sts", time);

    public static bool IsAskedFor(HttpRequest request) =>
        request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) == true;

    public static Task WriteErrorAsync(HttpResponse response, AwsErrorException error)
    {
        response.StatusCode = error.Code is "ValidationError" or "ThrottlingException" || error.Status >= 500 ? error.Status : 403;
        return WriteAsync(
            response,
            $"<ErrorResponse xmlns=\"{Namespace}\"><Error><Type>Sender</Type><Code>{error.Code}</Code><Message>{SecurityElement.Escape(error.Message)}</Message></Error><RequestId>{Guid.NewGuid()}</RequestId></ErrorResponse>");
    }

    public static Task WriteAsync(HttpResponse response, string xml)
    {
        response.ContentType = "text/xml";
        return response.WriteAsync(xml);
    }

    public string Answer(HttpRequest request, byte[] body)
    {
        _authentication.Authenticate(request, body);
        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body));
        if (form["Action"] != "AssumeRole" || form["Version"] != "2011-06-15")
            throw new AwsErrorException("InvalidAction", "This server knows AssumeRole only.");
        var role = form["RoleArn"].ToString();
        var session = form["RoleSessionName"].ToString();
        if (role.Length < 20 || session.Length is < 2 or > 64)
            throw new AwsErrorException("ValidationError", "RoleArn or RoleSessionName is missing or of the wrong length.");
        if (!account.Roles.Contains(role))
            throw new AwsErrorException("AccessDenied", $"User is not authorized to perform: sts:AssumeRole on resource: {role}");

        var key = account.AddSession(time.GetUtcNow());
        var expires = key.Expires!.Value.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture); // a session always expires
        var assumed = $"{role.Replace(":iam:", ":sts:", StringComparison.Ordinal).Replace(":role/", ":assumed-role/", StringComparison.Ordinal)}/{session}";
        return $"<AssumeRoleResponse xmlns=\"{Namespace}\"><AssumeRoleResult>"
            + $"<AssumedRoleUser><AssumedRoleId>AROAKEYSERVICE:{session}</AssumedRoleId><Arn>{SecurityElement.Escape(assumed)}</Arn></AssumedRoleUser>"
            + $"<Credentials><AccessKeyId>{key.Id}</AccessKeyId><SecretAccessKey>{key.Secret}</SecretAccessKey><SessionToken>{key.SessionToken}</SessionToken><Expiration>{expires}</Expiration></Credentials>"
            + $"</AssumeRoleResult><ResponseMetadata><RequestId>{Guid.NewGuid()}</RequestId></ResponseMetadata></AssumeRoleResponse>";
    }
}
