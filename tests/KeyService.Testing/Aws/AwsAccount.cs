using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace KeyService.Testing.Aws;

/// <summary>Who may call: one user, and the roles that it may assume.</summary>
public sealed class AwsAccount
{
    private readonly ConcurrentDictionary<string, AwsAccessKey> _keys = new(StringComparer.Ordinal);

    public AwsAccount() => _keys[User.Id] = User;

    public const string Id = "111122223333";

    /// <summary>The user's own key, the same in every account: it reaches the SDK's default chain by the process's environment.</summary>
    public AwsAccessKey User { get; } = new("AKIAKEYSERVICETEST00", "Not/a+secret/of+anything/outside+a+test0");

    /// <summary>ARNs of the roles that the user may assume.</summary>
    public ConcurrentBag<string> Roles { get; } = [];

    /// <summary>When true only a role's temporary key may call KMS.</summary>
    public bool IsUserDenied { get; set; }

    /// <summary>How long a role's temporary key lives.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(1);

    internal AwsAccessKey? Find(string id) => _keys.GetValueOrDefault(id);

    internal AwsAccessKey AddSession(DateTimeOffset now)
    {
        var key = new AwsAccessKey(
            "ASIA" + Convert.ToHexString(RandomNumberGenerator.GetBytes(8)),
            Convert.ToBase64String(RandomNumberGenerator.GetBytes(30)),
            Convert.ToBase64String(RandomNumberGenerator.GetBytes(90)),
            now + SessionLifetime);
        _keys[key.Id] = key;
        return key;
    }
}
