using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Server.Access.Decisions;
using KeyService.Server.Access.Policies;
using KeyService.Server.Configuration;

namespace KeyService.Server.Access.Commands;

/// <summary>
/// <c>policy test --policy FILE --principal WHO --method METHOD [--key-set NAME] [--claims JSON] [--typ TYPE]</c>: says what the policy decides, and why.
/// </summary>
internal static class PolicyTestCommand
{
    public const string Verb = "policy";
    private const string Usage = "usage: KeyService.Server policy test --policy FILE --principal WHO --method METHOD [--key-set NAME] [--claims JSON] [--typ TYPE]";
    private static readonly string[] Known = ["--policy", "--principal", "--method", "--key-set", "--claims", "--typ"];

    /// <returns>0 where the call is allowed, 1 where it is denied.</returns>
    /// <exception cref="SettingsException">The arguments or the policy are wrong.</exception>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TimeProvider time, CancellationToken cancellationToken)
    {
        var options = OptionsOf(args);
        var policy = await ReadAsync(Required(options, "--policy"), cancellationToken);
        var caller = CallerText.Parse(Required(options, "--principal"));
        var rule = RuleOf(Required(options, "--method"));
        var keySet = options.GetValueOrDefault("--key-set");
        if (keySet is not null && !KeySetRules.IsName(keySet))
            throw new SettingsException([$"--key-set {KeySetRules.NameRule}"]);

        var (allowed, lines) = rule.Kind switch
        {
            AccessKind.Public => (true, [$"{rule.Name} is for everyone."]),
            AccessKind.Callers => (caller.Kind != CallerKind.Anonymous, [$"{rule.Name} is for every caller that proves who it is, and for everyone on the machine itself."]),
            AccessKind.Published when keySet is not null && !policy.IsPrivate(keySet) => (true, [$"The JWKS of key set '{keySet}' is public: privateJwks does not name it."]),
            _ => Decide(policy, caller, Question(rule, keySet ?? (rule.Name.EndsWith("/ListKeySets", StringComparison.Ordinal) ? null : Required(options, "--key-set")), options), time),
        };
        await output.WriteLineAsync(allowed ? "ALLOWED" : "DENIED");
        foreach (var line in lines)
            await output.WriteLineAsync($"  {line}");
        return allowed ? 0 : 1;
    }

    private static (bool Allowed, IEnumerable<string> Lines) Decide(AccessPolicy policy, Caller caller, AccessQuestion question, TimeProvider time)
    {
        try
        {
            var decision = AccessRules.Decide(policy, caller, question, time.GetUtcNow());
            return (decision.Allowed, decision.Allowed ? decision.Explain() : decision.Explain().Append($"The caller is told: {decision.Denial().Message}"));
        }
        catch (KeyServiceException e)
        {
            return (false, [$"Nobody could have these claims signed: {e.Message}"]);
        }
    }

    private static AccessQuestion Question(AccessRule rule, string? keySet, Dictionary<string, string> options) => new(rule.Permission, keySet)
    {
        SignsRaw = rule.Name is AccessTable.Signing + "Sign" or AccessTable.Signing + "SignBatch",
        ClaimsJson = rule.Name == AccessTable.Signing + "SignJwt" ? options.GetValueOrDefault("--claims") : null,
        TokenType = options.GetValueOrDefault("--typ"),
    };

    private static async Task<AccessPolicy> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return AccessPolicyReader.Read(await File.ReadAllBytesAsync(file, cancellationToken), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"--policy '{file}' cannot be read: {e.Message}"]);
        }
    }

    /// <summary>By its full name, or by the last part of it.</summary>
    private static AccessRule RuleOf(string method) =>
        AccessTable.Find(method) ?? AccessTable.Find("/" + method) ?? AccessTable.All.FirstOrDefault(rule => rule.Name.EndsWith($"/{method}", StringComparison.Ordinal))
        ?? throw new SettingsException([$"--method '{method}' is unknown; known are {string.Join(", ", AccessTable.All.Select(rule => rule.Name))}"]);

    private static string Required(Dictionary<string, string> options, string name) =>
        options.TryGetValue(name, out var value) ? value : throw new SettingsException([$"{name} is missing; {Usage}"]);

    private static Dictionary<string, string> OptionsOf(string[] args)
    {
        if (args is not ["test", .. var rest])
            throw new SettingsException([$"'{Verb} {args.FirstOrDefault()}' is unknown; {Usage}"]);
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < rest.Length; i += 2)
        {
            if (!Known.Contains(rest[i], StringComparer.Ordinal) || i + 1 == rest.Length || !options.TryAdd(rest[i], rest[i + 1]))
                throw new SettingsException([$"'{rest[i]}' is unknown, twice or without a value; {Usage}"]);
        }

        return options;
    }
}
