using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Dns.Tests.Forwarding;

/// <summary>An upstream that others wrote: dnspython's messages and zones, Python's sockets and TLS.</summary>
public sealed class WitnessUpstream : IDisposable
{
    private const string Zone = """
        $ORIGIN example.com.
        @ 3600 IN SOA ns hostmaster 1 7200 3600 86400 45
        @ 3600 IN NS ns
        ns 300 IN A 192.0.2.53
        www 300 IN A 192.0.2.80
        www 300 IN AAAA 2001:db8::80
        mail 300 IN MX 10 www
        _http._tcp 300 IN SRV 0 0 80 www
        text 300 IN TXT "one" "two"
        naptr 300 IN NAPTR 100 10 "u" "sip+E2U" "!^.*$!sip:info@example.com!" .
        svc 300 IN HTTPS 1 . alpn=h2
        caa 300 IN CAA 0 issue "ca.example.net"
        $GENERATE 0-119 many 300 A 192.0.2.$
        """;

    /// <summary>Answers from the zone; a datagram holds no more than 1232 bytes.</summary>
    private const string Script = """
        import dns.flags, dns.message, dns.rcode, dns.zone, socket, socketserver, ssl, struct, sys, threading
        zone = dns.zone.from_text(open(sys.argv[1] + '/zone').read())
        def answer(wire, size):
            query = dns.message.from_wire(wire)
            reply = dns.message.make_response(query, recursion_available=True)
            question = query.question[0]
            found = name = None
            if question.name.is_subdomain(zone.origin):
                name = question.name.relativize(zone.origin)
                found = zone.get_rrset(name, question.rdtype)
            if found:
                reply.answer.append(dns.rrset.from_rdata_list(question.name, found.ttl, absolute(found)))
            else:
                if name is None or zone.get_node(name) is None:
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                soa = zone.get_rrset('@', 'SOA')
                reply.authority.append(dns.rrset.from_rdata_list(zone.origin, soa.ttl, absolute(soa)))
            try:
                return reply.to_wire(max_size=size)
            except dns.exception.TooBig:
                short = dns.message.make_response(query, recursion_available=True)
                short.flags |= dns.flags.TC
                return short.to_wire()
        def absolute(rrset):
            return [dns.rdata.from_text(rrset.rdclass, rrset.rdtype, r.to_text(origin=zone.origin, relativize=False), origin=zone.origin, relativize=False) for r in rrset]
        class Datagrams(socketserver.BaseRequestHandler):
            def handle(self):
                self.request[1].sendto(answer(self.request[0], 1232), self.client_address)
        class Streams(socketserver.StreamRequestHandler):
            def handle(self):
                while head := self.rfile.read(2):
                    reply = answer(self.rfile.read(struct.unpack('>H', head)[0]), 65535)
                    self.wfile.write(struct.pack('>H', len(reply)) + reply)
        class Tls(socketserver.ThreadingTCPServer):
            def get_request(self):
                peer, address = super().get_request()
                return context.wrap_socket(peer, server_side=True, do_handshake_on_connect=False), address
            def handle_error(self, request, client_address):
                pass
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1] + '/cert.pem', sys.argv[1] + '/key.pem')
        socketserver.ThreadingTCPServer.daemon_threads = True
        streams = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Streams)
        datagrams = socketserver.UDPServer(('127.0.0.1', streams.server_address[1]), Datagrams)
        tls = Tls(('127.0.0.1', 0), Streams)
        for server in (streams, datagrams, tls):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        print(streams.server_address[1], tls.server_address[1], flush=True)
        sys.stdin.read()
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("fairlead-upstream-").FullName;
    private readonly Process process;

    public WitnessUpstream()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=dns.example", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("dns.example");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        File.WriteAllText($"{folder}/cert.pem", certificate.ExportCertificatePem());
        File.WriteAllText($"{folder}/key.pem", key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText($"{folder}/zone", Zone + "\n");
        File.WriteAllText($"{folder}/upstream.py", Script);
        process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [$"{folder}/upstream.py", folder]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        string[] ports = (process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("python3 with dnspython (python3-dnspython) is needed; it ended")).Split(' ');
        Address = new(IPAddress.Loopback, int.Parse(ports[0], System.Globalization.CultureInfo.InvariantCulture));
        TlsPort = int.Parse(ports[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Where it answers over UDP and TCP.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Where it answers over TLS.</summary>
    public int TlsPort { get; }

    /// <summary>The file with its certificate, for dns.example.</summary>
    public string Certificate => $"{folder}/cert.pem";

    public void Dispose()
    {
        process.StandardInput.Close();
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
