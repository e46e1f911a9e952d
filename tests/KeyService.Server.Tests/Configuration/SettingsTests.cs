using KeyService.Server.Configuration;
using Microsoft.Extensions.Configuration;

namespace KeyService.Server.Tests.Configuration;

public sealed class SettingsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    public static TheoryData<string, string?, string> Wrong
    {
        get
        {
            var data = new TheoryData<string, string?, string>();
            foreach (var (key, value, problem) in SettingsCases.All)
                data.Add(key, value, problem);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_value_is_refused_by_its_name(string key, string? value, string problem)
    {
        var values = new Dictionary<string, string?>(SettingsCases.Right);
        if (value is null)
            values.Remove(key);
        else
            values[key] = value;
        if (key == "KeyService:KeySets:default:Signers:0:Algorithm" && value is null)
            values["KeyService:KeySets:default:Signers:0:ModulusBits"] = "2048"; // or the signer itself would be missing
        var refusal = Assert.Throws<SettingsException>(() => Check(values));
        Assert.Contains(refusal.Problems, found => found.StartsWith(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var values = new Dictionary<string, string?>(SettingsCases.Right)
        {
            ["KeyService:Jwks:MaxAge"] = "x",
            ["KeyService:Storage:Type"] = "x",
            ["KeyService:Nothing"] = "x",
        };
        Assert.Equal(3, Assert.Throws<SettingsException>(() => Check(values)).Problems.Count);
    }

    [Fact]
    public void Secrets_in_the_wrong_place_are_not_repeated()
    {
        var values = new Dictionary<string, string?>(SettingsCases.Right) { ["KeyService:Providers:hsm:Pin"] = "1234-secret" };
        Assert.DoesNotContain("1234-secret", Assert.Throws<SettingsException>(() => Check(values)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Right_values_and_defaults_are_taken_as_written()
    {
        var settings = Check(new Dictionary<string, string?>(SettingsCases.Right)
        {
            ["KeyService:Listen:Http"] = "http://[::1]:9000",
            ["KeyService:Listen:Grpc"] = "http://localhost:9001",
            ["Logging:LogLevel:Default"] = "debug",
            ["KeyService:ShutdownTimeout"] = "90s",
            ["KeyService:KeySets:default:Retention"] = "7.12:00:00",
            ["KeyService:KeySets:default:Signers:1:Algorithm"] = "RS256",
        });
        Assert.Equal((9000, 9001), (settings.Listen.Http.Port, settings.Listen.Grpc.Port));
        Assert.Equal(TimeSpan.FromSeconds(90), settings.ShutdownTimeout);
        Assert.Equal((1 << 20, 64 << 10, 256), (settings.Limits.MaxMessageBytes, settings.Limits.MaxClaimsBytes, settings.Limits.MaxBatchItems));
        var keySet = Assert.Single(settings.KeySets);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromDays(7.5)), (keySet.Policy.Propagation, keySet.Policy.Retention));
        Assert.Equal(["ES256 hsm 0", "RS256 hsm 2048"], keySet.Signers.Select(signer => $"{signer.Algorithm} {signer.Provider} {signer.ModulusBits}"));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("Development", null, false)]
    [InlineData("Development", "true", true)]
    [InlineData(null, "false", false)]
    public void The_audit_log_fails_closed_unless_told_otherwise_or_in_development(string? environment, string? setting, bool closed)
    {
        var values = new Dictionary<string, string?>(SettingsCases.Right) { ["KeyService:Audit:Path"] = "/var/log/keyservice", ["ASPNETCORE_ENVIRONMENT"] = environment };
        if (setting is not null)
            values["KeyService:Audit:FailClosed"] = setting;
        Assert.Equal(closed, Check(values).Audit!.FailClosed);
        Assert.Null(Check(new Dictionary<string, string?>(SettingsCases.Right)).Audit);
    }

    private static ServerSettings Check(Dictionary<string, string?> values) =>
        SettingsLoader.Check(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), Now);
}
