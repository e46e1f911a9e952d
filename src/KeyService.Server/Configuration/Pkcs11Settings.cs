using KeyService.Providers.Pkcs11;
using KeyService.Server.Guard;

namespace KeyService.Server.Configuration;

/// <summary>Reads section <c>Providers:&lt;name&gt;</c> of type <c>Pkcs11</c>.</summary>
internal static class Pkcs11Settings
{
    public static Pkcs11Options Read(SettingsReader section)
    {
        var before = new Pkcs11Options();
        var options = new Pkcs11Options
        {
            Module = section.RequiredText("Module"),
            TokenLabel = section.RequiredText("TokenLabel"),
            TokenSerial = section.Text("TokenSerial"),
            PinFile = section.SecretFile("PinFile", required: true) ?? "",
            MaxSessions = section.Integer("MaxSessions", before.MaxSessions, 1, 256),
            SessionWait = section.Duration("SessionWait", before.SessionWait, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            CallTimeout = section.Duration("CallTimeout", before.CallTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
            KeyCallTimeout = section.Duration("KeyCallTimeout", before.KeyCallTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30)),
            InitArgs = section.Text("InitArgs"),
        };
        section.Problems(Pkcs11OptionsRules.Problems(options));
        return options;
    }

    /// <summary>
    /// Calls are bounded by SessionWait and CallTimeout already. As many at a time as keep every session busy while the next
    /// caller is on its way: whoever waits longer does so in the guard, where key sets take turns.
    /// </summary>
    public static GuardOptions DefaultGuard(Pkcs11Options options) => new()
    {
        Timeout = null,
        MaxConcurrency = 8 * options.MaxSessions,
        VerifySignatures = SignatureCheck.Sampled,
    };
}
