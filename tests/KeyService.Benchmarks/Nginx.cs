using System.Diagnostics;
using KeyService.Testing;

namespace KeyService.Benchmarks;

/// <summary>nginx that serves the bytes of a JWKS from a file: the baseline of publishing.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private const string DebianProgram = "/usr/sbin/nginx"; // not on every PATH
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);
    private readonly TemporaryDirectory _folder = new();
    private readonly Process _nginx;

    private Nginx(byte[] jwks)
    {
        var port = FreePorts.One();
        Url = new Uri($"http://127.0.0.1:{port}/jwks.json");
        File.WriteAllBytes(_folder["jwks.json"], jwks);
        File.WriteAllText(_folder["nginx.conf"], Configuration(port));
        _nginx = Process.Start(File.Exists(DebianProgram) ? DebianProgram : "nginx", ["-p", _folder.Path, "-c", _folder["nginx.conf"], "-e", _folder["error.log"]]);
    }

    public Uri Url { get; }

    public static async Task<Nginx> StartAsync(byte[] jwks)
    {
        var nginx = new Nginx(jwks);
        await Answer.AwaitAsync(nginx.Url, StartLimit);
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        _nginx.Kill(entireProcessTree: true);
        await _nginx.WaitForExitAsync();
        _nginx.Dispose();
        _folder.Dispose();
    }

    // No log, and connections that are not closed in the midst of the run: nginx at its best.
    private string Configuration(int port) => $$"""
        daemon off;
        worker_processes auto;
        pid {{_folder["nginx.pid"]}};
        error_log {{_folder["error.log"]}};
        events { worker_connections 1024; }
        http {
          access_log off;
          sendfile on;
          tcp_nopush on;
          keepalive_requests 1000000000;
          open_file_cache max=16;
          default_type application/jwk-set+json;
          types { }
          client_body_temp_path {{_folder.Path}}; proxy_temp_path {{_folder.Path}}; fastcgi_temp_path {{_folder.Path}};
          uwsgi_temp_path {{_folder.Path}}; scgi_temp_path {{_folder.Path}};
          server { listen 127.0.0.1:{{port}}; root {{_folder.Path}}; }
        }
        """;
}
