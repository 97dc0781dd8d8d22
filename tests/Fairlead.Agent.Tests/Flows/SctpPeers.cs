using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Fairlead.Agent.Tests.Flows;

/// <summary>
/// The first two packets of SCTP associations (INIT and INIT ACK, RFC 9260), made by hand and sent through raw sockets: a kernel without the protocol translates and
/// tracks them all the same. The server puts into its answer whom it saw; the client hears only what comes from the address and port that it asked.
/// </summary>
internal sealed class SctpPeers(FlowLab lab) : IDisposable
{
    private readonly List<Process> servers = [];
    private int port = 40000;

    /// <summary>Answers INITs to an address and port until disposed.</summary>
    public void Serve(string where, string address, int port)
    {
        Process server = Start(where, "serve", address, port, where);
        servers.Add(server);
        Assert.Equal("ready", server.StandardOutput.ReadLine());
    }

    /// <summary>"c 10.200.0.5" (who answered, and whom it saw), "rejected" or "dropped".</summary>
    public string Reach(string from, string to)
    {
        IPEndPoint target = IPEndPoint.Parse(to);
        using Process client = Start(from, "reach", target.Address.ToString(), target.Port, (++port).ToString(CultureInfo.InvariantCulture));
        string error = client.StandardError.ReadToEnd();
        string said = client.StandardOutput.ReadToEnd().Trim();
        client.WaitForExit();
        return said.Length > 0 ? said : error;
    }

    public void Dispose()
    {
        foreach (Process server in servers)
        {
            server.Kill();
            server.WaitForExit();
            server.Dispose();
        }
    }

    private Process Start(string where, string role, string address, int port, string last) => Process.Start(
        new ProcessStartInfo("ip", ["netns", "exec", lab.Name(where), "python3", "-c", Script, role, address, port.ToString(CultureInfo.InvariantCulture), last])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private const string Script = """
        import socket, struct, sys
        SCTP, INIT, INIT_ACK, COOKIE = 132, 1, 2, 7

        def crc32c(data):
            crc = 0xffffffff
            for byte in data:
                crc ^= byte
                for _ in range(8):
                    crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
            return crc ^ 0xffffffff

        def packet(source, target, tag, kind, text=b''):
            body = struct.pack('!IIHHI', 0x11223344, 65536, 1, 1, 7)
            if text:
                body += struct.pack('!HH', COOKIE, 4 + len(text)) + text + bytes(-len(text) % 4)
            chunk = struct.pack('!BBH', kind, 0, 4 + len(body)) + body
            head = struct.pack('!HHI', source, target, tag)
            return head + struct.pack('<I', crc32c(head + bytes(4) + chunk)) + chunk

        role, address, port, last = sys.argv[1:]
        port = int(port)
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        raw = socket.socket(family, socket.SOCK_RAW, SCTP)

        def receive():
            data, peer = raw.recvfrom(2000)
            data = data if family == socket.AF_INET6 else data[(data[0] & 15) * 4:]
            source, target = struct.unpack('!HH', data[:4])
            assert crc32c(data[:8] + bytes(4) + data[12:]) == struct.unpack('<I', data[8:12])[0], 'wrong checksum'
            return source, target, data[12], data[12:], peer[0]

        if role == 'serve':
            raw.bind((address, 0))
            print('ready', flush=True)
            while True:
                source, target, kind, chunk, peer = receive()
                if target == port and kind == INIT:
                    raw.sendto(packet(port, source, struct.unpack('!I', chunk[4:8])[0], INIT_ACK, f'{last} {peer}'.encode()), (peer, 0))
        else:
            raw.settimeout(4)
            try:
                raw.connect((address, 0))
                raw.send(packet(int(last), port, 0, INIT))
                while True:
                    source, target, kind, chunk, peer = receive()
                    if (source, target, kind) == (port, int(last), INIT_ACK):
                        length = struct.unpack('!H', chunk[22:24])[0]
                        print(chunk[24:20 + length].decode())
                        break
            except TimeoutError:
                print('dropped')
            except (ConnectionRefusedError, PermissionError):
                print('rejected')
        """;
}
