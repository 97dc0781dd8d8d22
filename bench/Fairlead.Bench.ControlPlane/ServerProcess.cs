using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.ControlPlane;

namespace Fairlead.Bench.ControlPlane;

/// <summary>An API server in a child process, with its data in a directory that goes with it.</summary>
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
    }

    public int Port { get; }

    /// <summary>From starting the process to its saying that it answers.</summary>
    public TimeSpan StartTime { get; }

    /// <summary>What <c>dotnet</c> needs to run this program again when it isn't a program of its own.</summary>
    public static IReadOnlyList<string> HostArguments =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];

    public static async Task ServeAsync(string directory)
    {
        await using var server = await ApiServer.StartAsync(new ApiServerOptions
        {
            DataDirectory = directory,
            BindAddress = IPAddress.Loopback,
            SecurePort = 0,
            AdvertiseAddress = IPAddress.Loopback,
            ServiceCidr = IPNetwork.Parse("10.32.0.0/16"),
            SocketActivation = false,
        });
        Console.WriteLine(server.Port.ToString(CultureInfo.InvariantCulture));
        await Task.Delay(Timeout.Infinite);
    }

    public static async Task<ServerProcess> StartAsync(string? directory = null)
    {
        directory ??= Directory.CreateTempSubdirectory("fairlead-bench-").FullName;
        ProcessStartInfo start = new(Environment.ProcessPath!, [.. HostArguments, "serve", directory]) { RedirectStandardOutput = true };
        var clock = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the server did not start");
        return new ServerProcess(process, directory, int.Parse(line, CultureInfo.InvariantCulture), clock.Elapsed);
    }

    public HttpClient NewClient()
    {
        using var authority = CertificateAuthority.Open(Path.Combine(_directory, "pki"));
        var pair = authority.IssueClient("bench", "system:masters");
        SocketsHttpHandler handler = new();

        // The bench talks to its own child on the loopback device.
#pragma warning disable CA5359
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey)];
        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{Port}") };
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
        Directory.Delete(_directory, recursive: true);
    }
}
