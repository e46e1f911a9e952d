using System.Text.RegularExpressions;
using KeyService.Providers.Aws.Keys;

namespace KeyService.Providers.Aws;

/// <summary>The rules of <see cref="AwsKmsOptions"/>, told in sentences that name the setting.</summary>
public static partial class AwsKmsOptionsRules
{
    private const int MostTags = 40; // KMS allows 50; the rest is for the provider's own and the operator's

    /// <summary>Every mistake in <paramref name="options"/>; empty where there is none. Calls nobody.</summary>
    public static IEnumerable<string> Problems(AwsKmsOptions options)
    {
        if (!RegionForm.IsMatch(options.Region))
            yield return $"{nameof(options.Region)} must be the name of a Region, such as eu-west-1.";
        if (options.Endpoint is not null && !IsEndpoint(options.Endpoint))
            yield return $"{nameof(options.Endpoint)} must be an https URL without path, or an http URL of a loopback address.";
        if (options.RoleArn is not null && !RoleForm.IsMatch(options.RoleArn))
            yield return $"{nameof(options.RoleArn)} must be the ARN of a role, such as arn:aws:iam::111122223333:role/signing.";
        if (options.StsEndpoint is not null && !IsEndpoint(options.StsEndpoint))
            yield return $"{nameof(options.StsEndpoint)} must be an https URL without path, or an http URL of a loopback address.";
        if (options.KeyTags.Count > MostTags)
            yield return $"{nameof(options.KeyTags)} must be at most {MostTags}.";
        foreach (var (key, value) in options.KeyTags)
        {
            if (key.Length is < 1 or > 128 || value.Length > 256 || !TagForm.IsMatch(key) || !TagForm.IsMatch(value) || IsReserved(key))
                yield return $"{nameof(options.KeyTags)} must have keys of 1 to 128 and values of at most 256 letters, digits, spaces or _.:/=+-@, and no key that begins with aws: or keyservice:, unlike '{key}'.";
        }

        if (options.DeletionWindowDays is < 7 or > 30)
            yield return $"{nameof(options.DeletionWindowDays)} must be between 7 and 30.";
        if (!Enum.IsDefined(options.MessageType))
            yield return $"{nameof(options.MessageType)} must be Digest or Raw.";
        if (options.RequestTimeout < TimeSpan.FromMilliseconds(100) || options.RequestTimeout > TimeSpan.FromMinutes(1))
            yield return $"{nameof(options.RequestTimeout)} must be between 100 ms and 1 min.";
    }

    private static bool IsReserved(string key) =>
        key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase) || key.StartsWith(KeyLabel.TagPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Requests are signed but not hidden: on the open network plain http would let others change the answers.</summary>
    private static bool IsEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        && url.PathAndQuery == "/" && url.Fragment.Length == 0 && url.UserInfo.Length == 0;

    [GeneratedRegex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$")]
    private static partial Regex RegionForm { get; }

    [GeneratedRegex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,600}$")]
    private static partial Regex RoleForm { get; }

    [GeneratedRegex(@"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$")]
    private static partial Regex TagForm { get; }
}
