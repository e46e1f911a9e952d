using KeyService.Server.Configuration;
using KeyService.Server.Tests.Configuration;
using Microsoft.Extensions.Configuration;

namespace KeyService.Server.Tests.Access;

public sealed class StartRefusalTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyservice-start-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("Providers:hsm:PinFile", "444", true)]
    [InlineData("Providers:hsm:PinFile", "440", false)]
    [InlineData("Providers:hsm:PinFile", "602", true)]
    [InlineData("Tls:KeyFile", "644", true)]
    [InlineData("Tls:KeyFile", "640", false)]
    [InlineData("Auth:PolicyFile", "644", true)]
    [InlineData("Auth:PolicyFile", "640", false)]
    public void A_secret_that_everyone_may_read_or_write_is_refused(string setting, string mode, bool refused)
    {
        var file = Path.Combine(_folder.FullName, "secret");
        Secrets.Write(file, "x", (UnixFileMode)Convert.ToInt32(mode, 8));
        var link = Path.Combine(_folder.FullName, "link");
        File.CreateSymbolicLink(link, file);
        foreach (var path in new[] { file, link })
            Assert.Equal(refused, ProblemsOf((setting, path)).Any(problem => problem.StartsWith($"KeyService:{setting} names a file that every user", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("https://0.0.0.0:8443", true)]
    [InlineData("https://[::]:8443", true)]
    [InlineData("https://192.0.2.1:8443", true)]
    [InlineData("https://127.0.0.1:8443", false)]
    [InlineData("https://[::1]:8443", false)]
    [InlineData("https://localhost:8443", false)]
    public void Without_authentication_only_this_machine_is_listened_to(string https, bool refused)
    {
        var problems = ProblemsOf(("Listen:Https", https), ("Tls:CertificateFile", "/c.pem"), ("Tls:KeyFile", "/k.pem"));
        Assert.Equal(refused, problems.Any(problem => problem.StartsWith("KeyService:Auth:PolicyFile is missing: without it anyone", StringComparison.Ordinal)));
        var withPolicy = ProblemsOf(("Listen:Https", https), ("Tls:CertificateFile", "/c.pem"), ("Tls:KeyFile", "/k.pem"), ("Tls:ClientCaFile", "/ca.pem"), ("Auth:PolicyFile", "/p.yaml"));
        Assert.Empty(withPolicy);
    }

    [Theory]
    [InlineData("Auth:PolicyFile", "the policy in")]
    [InlineData("Tls:KeyFile", "the server's certificate in")]
    [InlineData("Tls:ClientCaFile", "the trust bundle in")]
    public void A_file_that_cannot_be_used_stops_the_start(string setting, string told)
    {
        using var authority = new TestAuthority("a");
        using var certificate = authority.Issue("CN=server", use: TestAuthority.ServerUse);
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(certificate)!; // it was made with one
        var files = new Dictionary<string, string>
        {
            ["Auth:PolicyFile"] = Policies.Text,
            ["Tls:KeyFile"] = key.ExportPkcs8PrivateKeyPem(),
            ["Tls:CertificateFile"] = certificate.ExportCertificatePem(),
            ["Tls:ClientCaFile"] = authority.RootPem,
        };
        Assert.Null(Record.Exception(() => Build(files)));
        files[setting] = "nonsense";
        Assert.Contains(told, Assert.Throws<SettingsException>(() => Build(files)).Message, StringComparison.Ordinal);
    }

    private void Build(Dictionary<string, string> files)
    {
        var settings = new List<(string, string)> { ("Providers:hsm:Type", "Pkcs11") };
        foreach (var (setting, text) in files)
        {
            var path = Path.Combine(_folder.FullName, setting.Replace(':', '.'));
            Secrets.Write(path, text);
            settings.Add((setting, path));
        }

        var configuration = Configuration([.. settings]);
        KeyServiceHost.Build(SettingsLoader.Check(configuration, default), configuration, TimeProvider.System);
    }

    private static IReadOnlyList<string> ProblemsOf(params (string Key, string Value)[] settings) =>
        Record.Exception(() => SettingsLoader.Check(Configuration(settings), default)) is SettingsException refusal ? refusal.Problems : [];

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>(SettingsCases.Right);
        foreach (var (key, value) in settings)
            values[$"KeyService:{key}"] = value;
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }
}
