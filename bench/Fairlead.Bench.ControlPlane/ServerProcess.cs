using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Fairlead.ControlPlane;

namespace Fairlead.Bench.ControlPlane;

/// <summary>The API server as it ships (<c>out/bin/fairlead apiserver</c>, or what FAIRLEAD names), with its data in a directory that goes with it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private ServerProcess(Process process, string directory, int port, TimeSpan startTime)
    {
        _process = process;
        _directory = directory;
        Port = port;
        StartTime = startTime;
        using var authority = CertificateAuthority.Open(Path.Combine(directory, "pki"));
        var pair = authority.IssueClient("bench", "system:masters");
        ClientCertificate = X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey);
    }

    public int Port { get; }

    public X509Certificate2 ClientCertificate { get; }

    /// <summary>From starting the process to its answering.</summary>
    public TimeSpan StartTime { get; }

    private static string Executable => Environment.GetEnvironmentVariable("FAIRLEAD") ?? FindShipped();

    public static async Task<ServerProcess> StartAsync(bool controllers = false)
    {
        var directory = Directory.CreateTempSubdirectory("fairlead-bench-").FullName;
        var kubeconfig = Path.Combine(directory, "kubeconfig");
        var clock = Stopwatch.StartNew();
        var process = Process.Start(Executable, [
            "apiserver", "--data-dir", directory, "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", "0",
            "--service-cluster-ip-range", "10.32.0.0/16", "--kubeconfig-out", kubeconfig, "--controllers", controllers ? "true" : "false"]);

        // The kubeconfig is written once the server answers.
        while (!File.Exists(kubeconfig) || new FileInfo(kubeconfig).Length == 0)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{Executable} apiserver did not start");
            }

            await Task.Delay(1);
        }

        var elapsed = clock.Elapsed;
        var server = File.ReadLines(kubeconfig).First(line => line.Contains("server: ", StringComparison.Ordinal));
        return new ServerProcess(process, directory, int.Parse(server[(server.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture), elapsed);
    }

    private static string FindShipped()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var candidate = Path.Combine(directory.FullName, "out", "bin", "fairlead");
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new FileNotFoundException("out/bin/fairlead is not there: run `make build` first, or name an executable in FAIRLEAD");
    }

    /// <summary>A client of HTTP/1.1 with as many connections as it needs.</summary>
    public HttpClient NewClient(bool http2 = false)
    {
        SocketsHttpHandler handler = new();

        // The bench talks to its own child on the loopback device.
#pragma warning disable CA5359
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        handler.SslOptions.ClientCertificates = [ClientCertificate];
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://127.0.0.1:{Port}"),
            DefaultRequestVersion = http2 ? new Version(2, 0) : new Version(1, 1),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <summary>Resident memory in bytes (VmRSS).</summary>
    public long ResidentBytes()
    {
        foreach (var line in File.ReadLines($"/proc/{_process.Id}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
            {
                return long.Parse(line[6..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }

    /// <summary>The processor time it has used so far.</summary>
    public TimeSpan ProcessorTime()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        ClientCertificate.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
