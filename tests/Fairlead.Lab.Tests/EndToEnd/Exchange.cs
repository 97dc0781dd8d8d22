using System.Globalization;
using System.Text.RegularExpressions;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>
/// A pod that speaks to others without a pause: over a TCP connection to each that is never made anew, and by ping, every 50 ms. It logs the longest time that each had
/// no answer. Programs are the machine's own: python3 and ping.
/// </summary>
internal static partial class Exchange
{
    private const string Server = """
        import socketserver
        class Echo(socketserver.BaseRequestHandler):
            def handle(self):
                while True:
                    data = self.request.recv(65536)
                    if not data: return
                    self.request.sendall(data)
        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
        Server(('', 7000), Echo).serve_forever()
        """;

    private const string Client = """
        import socket, subprocess, sys, threading, time
        last, longest, count = {}, {}, {}
        def heard(what):
            now = time.monotonic()
            longest[what] = max(longest.get(what, 0), now - last.get(what, now))
            last[what] = now
            count[what] = count.get(what, 0) + 1
        def tcp(name, address):
            s = socket.create_connection((address, 7000))
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                s.sendall(b'hello')
                left = 5
                while left:
                    data = s.recv(left)
                    if not data: raise SystemExit(name + ' closed')
                    left -= len(data)
                heard('tcp-' + name)
                time.sleep(0.05)
        def ping(name, address):
            p = subprocess.Popen(['ping', '-n', '-i', '0.05', address], stdout=subprocess.PIPE, text=True)
            for line in p.stdout:
                if 'bytes from' in line: heard('ping-' + name)
        for peer in sys.argv[1:]:
            name, address = peer.split('=')
            threading.Thread(target=tcp, args=(name, address)).start()
            threading.Thread(target=ping, args=(name, address)).start()
        while True:
            time.sleep(0.5)
            now = time.monotonic()
            print(' '.join('%s:%d:%d' % (k, count[k], 1000 * max(longest[k], now - last[k])) for k in sorted(count)), flush=True)
        """;

    /// <summary>A pod that answers on port 7000, on a node of one's choice, with a label <c>app: peer</c>.</summary>
    public static string Peer(string name, string node) => Pod(name, node, "peer", Server);

    /// <summary>The pod that speaks.</summary>
    public static string Speaker(string name, string node, params IEnumerable<string> peers) => Pod(name, node, "speaker", Client, [.. peers]);

    /// <summary>The longest silence of each exchange and how many answers there were, from the pod's log.</summary>
    public static Dictionary<string, (int Answers, TimeSpan Longest)> Read(string log)
    {
        string line = log.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        return Entry().Matches(line).ToDictionary(
            match => match.Groups[1].Value,
            match => (int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture), TimeSpan.FromMilliseconds(int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture))));
    }

    private static string Pod(string name, string node, string app, string program, params string[] arguments) => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
          labels: {app: "{{app}}"}
        spec:
          nodeName: {{node}}
          terminationGracePeriodSeconds: 0
          containers:
          - name: main
            image: any
            command: [{{string.Join(", ", ((string[])["python3", "-c", program, .. arguments]).Select(a => System.Text.Json.JsonSerializer.Serialize(a)))}}]
        ---

        """;

    [GeneratedRegex(@"(\S+):(\d+):(\d+)")]
    private static partial Regex Entry();
}
