using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>An API server in a process that can be killed: this test program, started again with a variable set.</summary>
internal sealed class ServeProcess : IDisposable
{
    private const string Variable = "FAIRLEAD_TEST_SERVE";
    private readonly Process _process;
    private readonly string _directory;

    private ServeProcess(Process process, string directory, int port)
    {
        _process = process;
        _directory = directory;
        Port = port;
    }

    public int Port { get; }

    /// <summary>The data directory as the process sees it, also where that is on a mount of its own.</summary>
    public string DataDirectory => $"/proc/{_process.Id}/root{_directory}";

    [ModuleInitializer]
    internal static void ServeInstead()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } directory)
        {
            // While this runs, no other thread may enter this module: everything that waits here is code of other assemblies.
            var server = ApiServer.StartAsync(new ApiServerOptions
            {
                DataDirectory = directory, BindAddress = IPAddress.Loopback, SecurePort = 0, AdvertiseAddress = IPAddress.Loopback, SocketActivation = false,
            }).GetAwaiter().GetResult();
            Console.WriteLine("port " + server.Port.ToString(CultureInfo.InvariantCulture));
            Thread.Sleep(Timeout.Infinite);
        }
    }

    public static Task<ServeProcess> StartAsync(string directory) => StartAsync(directory, new(Environment.ProcessPath!));

    /// <summary>A server on a disk of that many bytes: a tmpfs in a mount namespace that ends with the process.</summary>
    public static Task<ServeProcess> StartOnSmallDiskAsync(string directory, int bytes) => StartAsync(directory, new("unshare", [
        "--mount", "sh", "-c", $"mount -t tmpfs -o size={bytes} tmpfs '{directory}' && exec '{Environment.ProcessPath}'"]));

    private static async Task<ServeProcess> StartAsync(string directory, ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.Environment[Variable] = directory;
        var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        string? line;
        while ((line = await process.StandardOutput.ReadLineAsync(limit.Token)) is not null)
        {
            if (line.StartsWith("port ", StringComparison.Ordinal))
            {
                return new ServeProcess(process, directory, int.Parse(line[5..], CultureInfo.InvariantCulture));
            }
        }

        throw new InvalidOperationException("the server process ended without serving");
    }

    public HttpClient NewClient()
    {
        using var authority = CertificateAuthority.Open(Path.Combine(DataDirectory, "pki"));
        var pair = authority.IssueClient("crash-test", "system:masters");
        SocketsHttpHandler handler = new();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey)];
        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{Port}") };
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
