using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KeyService.Testing.Postgres;

/// <summary>
/// A real PostgreSQL of its own on 127.0.0.1, in a temporary folder, with passwords and TLS; gone with the instance. It does not
/// sync to disk: it survives its own end at any moment, not that of the machine.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Administrator = "administrator";
    private const int StartAttempts = 5;
    private readonly DirectoryInfo _folder;
    private int _names;
    private bool _runs;

    private PostgresServer(DirectoryInfo folder) => _folder = folder;

    public string Password { get; } = Guid.NewGuid().ToString("N");

    public int Port { get; private set; }

    /// <summary>PEM of the certificate that vouches for the server as 127.0.0.1, and for no other name.</summary>
    public string RootCertificateFile => Path.Combine(_folder.FullName, "server.crt");

    private string Data => Path.Combine(_folder.FullName, "data");

    private string KeyFile => Path.Combine(_folder.FullName, "server.key");

    private string LogFile => Path.Combine(_folder.FullName, "log");

    public static async Task<PostgresServer> StartAsync(CancellationToken cancellationToken)
    {
        var server = new PostgresServer(Directory.CreateTempSubdirectory("keyservice-pg-"));
        try
        {
            server.MakeCertificate();
            var passwordFile = Path.Combine(server._folder.FullName, "password");
            await File.WriteAllTextAsync(passwordFile, server.Password, cancellationToken);
            await PostgresPrograms.HandOverAsync(server._folder.FullName, cancellationToken);
            await PostgresPrograms.RunAsync(
                "initdb", ["-D", server.Data, "-U", Administrator, "-A", "scram-sha-256", "--pwfile", passwordFile, "-E", "UTF8", "--locale=C", "--no-sync"], cancellationToken);
            await server.StartOnAFreePortAsync(cancellationToken);
            return server;
        }
        catch
        {
            server._folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Starts it again, on the port that it had.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        await PostgresPrograms.RunAsync(
            "pg_ctl",
            [
                "start", "-D", Data, "-w", "-l", LogFile, "-o",
                $"-c listen_addresses=127.0.0.1 -c port={Port.ToString(CultureInfo.InvariantCulture)} -c unix_socket_directories={_folder.FullName} -c fsync=off "
                + $"-c ssl=on -c ssl_cert_file={RootCertificateFile} -c ssl_key_file={KeyFile}",
            ],
            cancellationToken);
        _runs = true;
    }

    /// <summary>Ends it in order; its clients are told.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => EndAsync("fast", cancellationToken);

    /// <summary>Ends it as a crash would: nothing is finished, it recovers at the next start.</summary>
    public Task CrashAsync(CancellationToken cancellationToken) => EndAsync("immediate", cancellationToken);

    /// <summary>SIGKILL to its first process: not even its own children are told, they find out and end.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        var id = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid"), cancellationToken))[0];
        using var postmaster = Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
        postmaster.Kill();
        await postmaster.WaitForExitAsync(cancellationToken);
        _runs = false;
    }

    /// <summary>Runs SQL as the administrator, by psql: no library of the product is in it.</summary>
    /// <returns>What it answered, without frames.</returns>
    public Task<string> ExecuteAsync(string sql, CancellationToken cancellationToken, string database = "postgres") => PostgresPrograms.RunAsync(
        "psql",
        ["-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", Administrator, "-d", database, "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql],
        cancellationToken,
        Password);

    /// <summary>Makes an empty schema, and a role that owns it and nothing else.</summary>
    /// <returns>The connection string of that role. Without TLS, unless a later member asks for it.</returns>
    public async Task<string> CreatePlaceAsync(CancellationToken cancellationToken)
    {
        var name = $"place{Interlocked.Increment(ref _names)}";
        await ExecuteAsync($"CREATE ROLE {name} LOGIN PASSWORD '{Password}' NOSUPERUSER; CREATE SCHEMA AUTHORIZATION {name};", cancellationToken);
        return ConnectionString(name, name);
    }

    public string ConnectionString(string role, string schema) =>
        $"Host=127.0.0.1;Port={Port.ToString(CultureInfo.InvariantCulture)};Database=postgres;Username={role};Password={Password};Search Path={schema};SSL Mode=Disable";

    public async ValueTask DisposeAsync()
    {
        if (_runs)
            await CrashAsync(CancellationToken.None);
        _folder.Delete(recursive: true);
    }

    private async Task EndAsync(string mode, CancellationToken cancellationToken)
    {
        await PostgresPrograms.RunAsync("pg_ctl", ["stop", "-D", Data, "-w", "-m", mode], cancellationToken);
        _runs = false;
    }

    private async Task StartOnAFreePortAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            Port = FreePorts.One();
            try
            {
                await StartAgainAsync(cancellationToken);
                return;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts)
            {
                // Another process may have taken the port since; a reason that lasts comes back at the last attempt.
            }
        }
    }

    private void MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=PostgreSQL of the tests", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // serverAuth
        var now = TimeProvider.System.GetUtcNow(); // TLS looks at real time
        using var made = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(2));
        File.WriteAllText(RootCertificateFile, made.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite); // PostgreSQL refuses a key that others can read
    }
}
