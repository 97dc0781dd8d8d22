using System.Diagnostics;

namespace Fairlead.Lab.Tests.EndToEnd.Dns;

/// <summary>
/// A lab of two workers whose first one has an upstream of its own for names outside, with a pod to ask from and programs that ask as glibc's and musl's programs do.
/// </summary>
public sealed class DnsLab : IDisposable
{
    public const string Name = "names";
    private const string Outside = "www.example.com";

    private const string Objects = """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {clusterIP: 10.32.0.80, ports: [{name: http, port: 80}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: many}
        spec: {clusterIP: None, ports: [{name: http, port: 80}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: asker}
        spec:
          nodeName: worker-0
          terminationGracePeriodSeconds: 0
          containers: [{name: main, image: machine, command: [sleep, infinity]}]
        """;

    /// <summary>Knows one name; all others don't exist. Plain Python, which hosts and pods of a lab have from the machine.</summary>
    private const string Upstream = $$"""
        import socket, threading
        known = b''.join(bytes([len(label)]) + label for label in b'{{Outside}}'.split(b'.')) + b'\0'
        def answer(query):
            end = query.index(b'\0', 12) + 5
            name, kind = query[12:end - 4].lower(), query[end - 4:end - 2]
            found = name == known
            address = found and kind == b'\0\1'
            head = query[:2] + (b'\x81\x80' if found else b'\x81\x83') + b'\0\1' + (b'\0\1' if address else b'\0\0') + b'\0\0\0\0'
            return head + query[12:end] + (b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4' + socket.inet_aton('192.0.2.80') if address else b'')
        def connection(peer):
            stream = peer.makefile('rwb')
            while length := stream.read(2):
                message = answer(stream.read(int.from_bytes(length, 'big')))
                stream.write(len(message).to_bytes(2, 'big') + message)
                stream.flush()
        def connections():
            while True:
                threading.Thread(target=connection, args=(listener.accept()[0],), daemon=True).start()
        listener = socket.create_server(('127.0.0.1', 53))
        threading.Thread(target=connections, daemon=True).start()
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(('127.0.0.1', 53))
        while True:
            query, client = server.recvfrom(4096)
            server.sendto(answer(query), client)
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("fairlead-names-").FullName;
    private readonly List<Process> _beside = [];

    public DnsLab()
    {
        Commands.Require(Commands.Executable, "lab", "up", "--name", Name, "--nodes", "2");
        Kubeconfig = Commands.Require(Commands.Executable, "lab", "kubeconfig", "--name", Name).Trim().Split('\n')[^1];
        Kubectl(Objects + Endpoints, "apply", "-f", "-");
        Beside("worker-0", "/usr/bin/python3", "-c", Upstream);

        LabFixture.Eventually(
            () => Kubectl("", "-n", "kube-system", "get", "endpointslices", "-o", "name").Contains("kube-dns-worker-1", StringComparison.Ordinal), "the second node serves the first one's pods");

        // The agent reads its node's resolv.conf when it starts.
        OnNode("worker-0", "mkdir -p /run/names && echo nameserver 127.0.0.1 > /run/names/resolv.conf && mount --bind /run/names/resolv.conf /etc/resolv.conf");
        Kill("-9", Agent("worker-0"));
        Start("worker-0");
        Kubectl("", "wait", "--for=condition=Ready", "pod/asker", "--timeout=300s");
        Commands.Require("musl-gcc", "-static", "-o", Path.Combine(_folder, "musl"), MuslSource());
        CommandResult copied = Commands.RunWith(
            Convert.ToBase64String(File.ReadAllBytes(Path.Combine(_folder, "musl"))), Kubectl(), ["--kubeconfig", Kubeconfig, "exec", "-i", "asker", "--", "sh", "-c", "base64 -d > /musl && chmod +x /musl"]);
        Assert.True(copied.ExitCode == 0, copied.Error);
        LabFixture.Eventually(() => InPod($"dig +short +time=1 +tries=1 {Outside} || true") == "192.0.2.80", "the first node's server asks its upstream");
    }

    public string Kubeconfig { get; }

    /// <summary>What a shell in the pod prints.</summary>
    public string InPod(string script) => Kubectl("", "exec", "asker", "--", "bash", "-c", script).TrimEnd();

    public string Kubectl(string input, params string[] arguments)
    {
        CommandResult result = Commands.RunWith(input, Kubectl(), ["--kubeconfig", Kubeconfig, .. arguments]);
        Assert.True(result.ExitCode == 0, $"kubectl {string.Join(' ', arguments)} exited {result.ExitCode}:\n{result.Output}{result.Error}");
        return result.Output;
    }

    /// <summary>The process of a node's agent.</summary>
    public static string Agent(string node) => Commands.Require("cat", $"/sys/fs/cgroup/freezer/fairlead/{Name}/{node}/agent/cgroup.procs").Trim();

    public static void Kill(string signal, string process) => Commands.Require("kill", signal, process);

    /// <summary>Starts again what has ended on a node.</summary>
    public static void Start(string node)
    {
        LabFixture.Eventually(() => Agent(node).Length == 0, $"{node}'s agent ends");
        Commands.Require(Commands.Executable, "lab", "start", "--name", Name, node);
    }

    /// <summary>What a shell on a node prints.</summary>
    public static string OnNode(string node, string script) => Commands.Require(Commands.Executable, "lab", "exec", "--name", Name, node, "--", "sh", "-c", script);

    /// <summary>Runs a program on a node until <see cref="End"/>, or until the lab is gone.</summary>
    public Process Beside(string node, params string[] command)
    {
        Process process = Process.Start(new ProcessStartInfo(Commands.Executable, ["lab", "exec", "--name", Name, node, "--", .. command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _beside.Add(process);
        return process;
    }

    public void End(Process process)
    {
        _beside.Remove(process);
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Asks from the pod, one question after the other and from two sockets, until what is given is done; tells how many were asked and which of them nobody answered.</summary>
    public (int Asked, int Lost) WhileAsking(Action act)
    {
        Process asking = Process.Start(new ProcessStartInfo(Kubectl(), ["--kubeconfig", Kubeconfig, "exec", "-i", "asker", "--", "/usr/bin/python3", "-c", Asking])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        using (asking)
        {
            Assert.Equal("asking", asking.StandardOutput.ReadLine());
            act();
            asking.StandardInput.Close();
            string[] counts = asking.StandardOutput.ReadToEnd().Split(' ');
            asking.WaitForExit();
            return (int.Parse(counts[0], System.Globalization.CultureInfo.InvariantCulture), int.Parse(counts[1], System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    public void Dispose()
    {
        foreach (Process process in _beside.ToArray())
        {
            End(process);
        }

        Commands.Run(Commands.Executable, "lab", "down", "--name", Name);
        Directory.Delete(_folder, recursive: true);
    }

    private static string Kubectl() => Commands.Kubectl() ?? throw new InvalidOperationException("out/tools/kubectl-trixie is missing: run eng/kubectl.sh");

    /// <summary>Two clients: one keeps its socket, one has another for each question. An answer that hasn't come after a long time is lost.</summary>
    private const string Asking = """
        import socket, struct, sys, threading, time
        name = b''.join(bytes([len(label)]) + label for label in b'web.default.svc.cluster.local'.split(b'.')) + b'\0\0\1\0\1'
        wanted = socket.inet_aton('10.32.0.80')
        ended = threading.Event()
        counts = [0, 0]
        def client(kept):
            sock = None
            while not ended.is_set():
                if sock is None or not kept:
                    if sock: sock.close()
                    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    sock.settimeout(20)
                    sock.connect(('10.32.0.10', 53))
                counts[0] += 1
                number = struct.pack('>H', counts[0] & 0xffff)
                sock.send(number + b'\1\0\0\1\0\0\0\0\0\0' + name)
                try:
                    while True:
                        answer = sock.recv(512)
                        if answer[:2] == number:
                            break
                    if answer[-4:] != wanted: counts[1] += 1
                except OSError:
                    counts[1] += 1
                time.sleep(0.001)
        clients = [threading.Thread(target=client, args=(kept,)) for kept in (True, False)]
        for one in clients: one.start()
        print('asking', flush=True)
        sys.stdin.read()
        ended.set()
        for one in clients: one.join()
        print(*counts)
        """;

    private static string Endpoints => $$"""

        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: many-1, labels: {kubernetes.io/service-name: many} }
        addressType: IPv4
        ports: [{name: http, port: 80, protocol: TCP}]
        endpoints: [{{string.Join(", ", Enumerable.Range(1, 100).Select(i => $"{{addresses: [10.9.0.{i}], conditions: {{ready: true}} }}"))}}]
        """;

    /// <summary>A program that does nothing but look a name up, for musl's own resolver.</summary>
    private string MuslSource()
    {
        string path = Path.Combine(_folder, "musl.c");
        File.WriteAllText(path, """
            #include <netdb.h>
            #include <stdio.h>
            #include <sys/socket.h>

            int main(int argc, char **argv)
            {
                struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
                if (argc != 2 || getaddrinfo(argv[1], 0, &hints, &found)) return 1;
                for (; found; found = found->ai_next) {
                    char text[64];
                    if (!getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, 0, 0, NI_NUMERICHOST)) puts(text);
                }
                return 0;
            }
            """);
        return path;
    }
}
