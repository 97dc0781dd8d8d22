using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Dns.Tests.Forwarding;

/// <summary>Unbound with a zone of its own, over UDP, TCP and TLS: an upstream that others wrote.</summary>
public sealed class WitnessUpstream : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fairlead-unbound-").FullName;
    private readonly Process process;

    public WitnessUpstream()
    {
        (Port, TlsPort) = (FreePort(), FreePort());
        Run("openssl", $"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=dns.example -addext subjectAltName=DNS:dns.example -keyout {folder}/key.pem -out {folder}/cert.pem");
        string records = string.Join('\n', Enumerable.Range(0, 120).Select(i => $"  local-data: \"many.example.com. 300 IN A 192.0.2.{i}\""));
        File.WriteAllText($"{folder}/unbound.conf", $"""
            server:
              interface: 127.0.0.1@{Port}
              interface: 127.0.0.1@{TlsPort}
              tls-port: {TlsPort}
              tls-service-key: "{folder}/key.pem"
              tls-service-pem: "{folder}/cert.pem"
              do-daemonize: no
              chroot: ""
              username: ""
              pidfile: "{folder}/pid"
              directory: "{folder}"
              use-syslog: no
              module-config: "iterator"
              num-threads: 1
              local-zone: "example.com." static
              local-data: "example.com. 3600 IN SOA ns.example.com. hostmaster.example.com. 1 7200 3600 86400 45"
              local-data: "www.example.com. 300 IN A 192.0.2.80"
              local-data: "www.example.com. 300 IN AAAA 2001:db8::80"
              local-data: "mail.example.com. 300 IN MX 10 www.example.com."
              local-data: "_http._tcp.example.com. 300 IN SRV 0 0 80 www.example.com."
              local-data: 'text.example.com. 300 IN TXT "one" "two"'
              local-data: "80.2.0.192.in-addr.arpa. 300 IN PTR www.example.com."
              local-data: 'naptr.example.com. 300 IN NAPTR 100 10 "u" "sip+E2U" "!^.*$!sip:info@example.com!" .'
              local-data: "svc.example.com. 300 IN HTTPS 1 . alpn=h2"
              local-data: "caa.example.com. 300 IN CAA 0 issue ca.example.net"
            {records}
            remote-control:
              control-enable: no
            """);
        process = Process.Start(new ProcessStartInfo("unbound", ["-d", "-c", $"{folder}/unbound.conf"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        WaitFor(TlsPort);
    }

    public int Port { get; }

    public int TlsPort { get; }

    public string Address => $"127.0.0.1:{Port}";

    public string Certificate => $"{folder}/cert.pem";

    public static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private void WaitFor(int port)
    {
        for (long until = Environment.TickCount64 + 60_000; ;)
        {
            try
            {
                using TcpClient client = new("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (Environment.TickCount64 < until && !process.HasExited)
            {
                Thread.Sleep(20);
            }
        }
    }

    private static void Run(string program, string arguments)
    {
        using Process run = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = run.StandardError.ReadToEnd();
        run.WaitForExit();
        Assert.True(run.ExitCode == 0, error);
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
