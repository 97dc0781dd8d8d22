using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Agent.Telemetry;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Health;

/// <summary>
/// Answers load balancers on the health check node ports of Services with external traffic policy Local: 200 if this node has endpoints, 503 if not.
/// </summary>
internal sealed class HealthCheckPorts(Func<bool> isHealthy, ILogger logger) : IDisposable
{
    private readonly Dictionary<ushort, Port> ports = [];
    private readonly Lock gate = new();

    /// <summary>Opens and closes ports as a plan wants them. Called after each commit, in the node's namespace.</summary>
    public void Apply(NodePlan plan)
    {
        lock (gate)
        {
            Dictionary<ushort, ServicePlan> wanted = [];
            foreach (ServicePlan service in plan.HealthChecked())
            {
                wanted.TryAdd(service.HealthCheckNodePort, service);
            }

            foreach (ushort gone in ports.Keys.Where(p => !wanted.ContainsKey(p)).ToArray())
            {
                ports.Remove(gone, out Port? port);
                port!.Dispose();
            }

            foreach ((ushort number, ServicePlan service) in wanted)
            {
                if (ports.TryGetValue(number, out Port? port))
                {
                    port.Service = service;
                    continue;
                }

                try
                {
                    ports.Add(number, new(number, service, isHealthy));
                }
                catch (SocketException e)
                {
                    Log.HealthPortFailed(logger, number, e.Message);
                }
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (Port port in ports.Values)
            {
                port.Dispose();
            }

            ports.Clear();
        }
    }

    /// <summary>One port. A thread of its own is enough for who asks every few seconds.</summary>
    private sealed class Port : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
        private readonly Socket socket = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        private readonly Func<bool> isHealthy;
        private ServicePlan service;

        public Port(ushort number, ServicePlan service, Func<bool> isHealthy)
        {
            (this.service, this.isHealthy) = (service, isHealthy);
            try
            {
                socket.Bind(new IPEndPoint(System.Net.IPAddress.IPv6Any, number));
                socket.Listen();
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            new Thread(Serve) { IsBackground = true, Name = $"health check of {service.Key}" }.Start();
        }

        public ServicePlan Service
        {
            set => Volatile.Write(ref service, value);
        }

        private void Serve()
        {
            try
            {
                while (true)
                {
                    using Socket peer = socket.Accept();
                    try
                    {
                        Answer(peer);
                    }
                    catch (SocketException)
                    {
                        // Who asked is gone.
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Closed.
            }
        }

        private void Answer(Socket peer)
        {
            peer.ReceiveTimeout = peer.SendTimeout = (int)Patience.TotalMilliseconds;
            Span<byte> request = stackalloc byte[4096];
            int length = 0;
            while (length < request.Length && request[..length].IndexOf("\r\n\r\n"u8) < 0 && peer.Receive(request[length..]) is > 0 and var read)
            {
                length += read;
            }

            ServicePlan now = Volatile.Read(ref service);
            bool healthy = isHealthy();
            ObjectKey key = now.Key;
            string body = string.Create(CultureInfo.InvariantCulture,
                $"{{\"service\":{{\"namespace\":\"{key.Namespace}\",\"name\":\"{key.Name}\"}},\"localEndpoints\":{now.LocalEndpointCount},\"serviceProxyHealthy\":{(healthy ? "true" : "false")}}}\n");
            string status = now.LocalEndpointCount > 0 && healthy ? "200 OK" : "503 Service Unavailable";
            peer.Send(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nX-Load-Balancing-Endpoint-Weight: {now.LocalEndpointCount}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}")));
            peer.Shutdown(SocketShutdown.Both);
        }

        public void Dispose() => socket.Dispose();
    }
}
