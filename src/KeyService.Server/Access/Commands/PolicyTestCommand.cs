using System.CommandLine;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Server.Access.Decisions;
using KeyService.Server.Access.Policies;
using KeyService.Server.Configuration;

namespace KeyService.Server.Access.Commands;

/// <summary><c>keyservice policy test</c>: says what a policy decides, and why.</summary>
internal sealed class PolicyTestCommand : Command
{
    private readonly Option<string> _policy = new("--policy") { Description = "The policy file.", HelpName = "file", Required = true };
    private readonly Option<string> _principal = new("--principal") { Description = $"The caller: {CallerText.Forms}.", HelpName = "who", Required = true };
    private readonly Option<string> _method = new("--method") { Description = "What is called, such as SignJwt or /health/live.", Required = true };
    private readonly Option<string?> _keySet = new("--key-set") { Description = "The key set that the call is about." };
    private readonly Option<string?> _claims = new("--claims") { Description = "What SignJwt is to sign.", HelpName = "json" };
    private readonly Option<string?> _type = new("--typ") { Description = "The typ that SignJwt is to sign it with." };
    private readonly TimeProvider _time;

    public PolicyTestCommand(TimeProvider time)
        : base("test", "Says what a policy decides on a call, and why.")
    {
        _time = time;
        foreach (var option in (ReadOnlySpan<Option>)[_policy, _principal, _method, _keySet, _claims, _type])
            Options.Add(option);
        SetAction(RunAsync);
    }

    /// <returns>0 where the call is allowed, 1 where it is denied.</returns>
    /// <exception cref="SettingsException">The arguments or the policy are wrong.</exception>
    private async Task<int> RunAsync(ParseResult asked, CancellationToken cancellationToken)
    {
        var policy = await ReadAsync(asked.GetRequiredValue(_policy), cancellationToken);
        var caller = CallerText.Parse(asked.GetRequiredValue(_principal));
        var rule = RuleOf(asked.GetRequiredValue(_method));
        var keySet = asked.GetValue(_keySet);
        if (keySet is not null && !KeySetRules.IsName(keySet))
            throw new SettingsException([$"--key-set {KeySetRules.NameRule}"]);

        var (allowed, lines) = rule.Kind switch
        {
            AccessKind.Public => (true, [$"{rule.Name} is for everyone."]),
            AccessKind.Callers => (caller.Kind != CallerKind.Anonymous, [$"{rule.Name} is for every caller that proves who it is, and for everyone on the machine itself."]),
            AccessKind.Published when keySet is not null && !policy.IsPrivate(keySet) => (true, [$"The JWKS of key set '{keySet}' is public: privateJwks does not name it."]),
            _ => Decide(policy, caller, Question(rule, keySet, asked)),
        };
        var output = asked.InvocationConfiguration.Output;
        await output.WriteLineAsync(allowed ? "ALLOWED" : "DENIED");
        foreach (var line in lines)
            await output.WriteLineAsync($"  {line}");
        return allowed ? 0 : 1;
    }

    private (bool Allowed, IEnumerable<string> Lines) Decide(AccessPolicy policy, Caller caller, AccessQuestion question)
    {
        try
        {
            var decision = AccessRules.Decide(policy, caller, question, _time.GetUtcNow());
            return (decision.Allowed, decision.Allowed ? decision.Explain() : decision.Explain().Append($"The caller is told: {decision.Denial().Message}"));
        }
        catch (KeyServiceException e)
        {
            return (false, [$"Nobody could have these claims signed: {e.Message}"]);
        }
    }

    private AccessQuestion Question(AccessRule rule, string? keySet, ParseResult asked) => new(
        rule.Permission, keySet ?? (rule.Name == AccessTable.KeySets + "ListKeySets" ? null : throw new SettingsException(["--key-set is missing"])))
    {
        SignsRaw = rule.Name is AccessTable.Signing + "Sign" or AccessTable.Signing + "SignBatch",
        ClaimsJson = rule.Name == AccessTable.Signing + "SignJwt" ? asked.GetValue(_claims) : null,
        TokenType = asked.GetValue(_type),
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
}
