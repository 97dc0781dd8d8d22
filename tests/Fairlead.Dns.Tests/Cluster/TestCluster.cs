using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Dns.Tests.Cluster;

/// <summary>A cluster written as YAML, and the handler that answers for it.</summary>
internal static class TestCluster
{
    public const string Objects = """
        kind: Namespace
        metadata: { name: default }
        ---
        kind: Namespace
        metadata: { name: empty }
        ---
        kind: Namespace
        metadata: { name: kube-system }
        ---
        kind: Namespace
        metadata: { name: slow, annotations: { fairlead.dev/search-path: "off" } }
        ---
        kind: Service
        metadata: { name: kubernetes, namespace: default }
        spec: { clusterIP: 10.32.0.1, ports: [ { name: https, port: 443 } ] }
        ---
        kind: Service
        metadata: { name: kube-dns, namespace: kube-system }
        spec: { clusterIP: 10.32.0.10, ports: [ { name: dns, port: 53, protocol: UDP }, { name: dns-tcp, port: 53, protocol: TCP } ] }
        ---
        kind: Service
        metadata: { name: both, namespace: default }
        spec: { clusterIP: 10.32.0.5, clusterIPs: [ 10.32.0.5, "fd00:32::5" ], ports: [ { port: 80 } ] }
        ---
        kind: EndpointSlice
        metadata: { name: both-1, namespace: default, labels: { kubernetes.io/service-name: both } }
        addressType: IPv4
        endpoints: [ { addresses: [ 10.200.0.7 ], conditions: { ready: true } } ]
        ports: [ { name: "", port: 8080, protocol: TCP } ]
        ---
        kind: Service
        metadata: { name: db, namespace: default }
        spec: { clusterIP: None, ports: [ { name: sql, port: 5432 } ] }
        ---
        kind: EndpointSlice
        metadata: { name: db-1, namespace: default, labels: { kubernetes.io/service-name: db } }
        addressType: IPv4
        endpoints:
        - { addresses: [ 10.200.0.11 ], conditions: { ready: true }, hostname: db-0 }
        - { addresses: [ 10.200.0.12 ], conditions: { ready: true } }
        - { addresses: [ 10.200.0.13 ], conditions: { ready: false, serving: false }, hostname: db-2 }
        - { addresses: [ 10.200.0.14 ], conditions: { ready: false, serving: true, terminating: true }, hostname: db-3 }
        ports: [ { name: sql, port: 5432, protocol: TCP } ]
        ---
        kind: EndpointSlice
        metadata: { name: db-2, namespace: default, labels: { kubernetes.io/service-name: db } }
        addressType: IPv6
        endpoints: [ { addresses: [ "fd00:200::11" ], conditions: { ready: true }, hostname: db-0 } ]
        ports: [ { name: sql, port: 5432, protocol: TCP } ]
        ---
        kind: Service
        metadata: { name: nobody, namespace: default }
        spec: { clusterIP: None, ports: [ { name: http, port: 80 } ] }
        ---
        kind: Service
        metadata: { name: outside, namespace: default }
        spec: { type: ExternalName, externalName: www.example.com }
        ---
        kind: Service
        metadata: { name: inside, namespace: default }
        spec: { type: ExternalName, externalName: Kubernetes.default.svc.cluster.local. }
        ---
        kind: Service
        metadata: { name: twice, namespace: default }
        spec: { type: ExternalName, externalName: inside.default.svc.cluster.local }
        ---
        kind: Service
        metadata: { name: dangling, namespace: default }
        spec: { type: ExternalName, externalName: nothing.default.svc.cluster.local }
        ---
        kind: Service
        metadata: { name: loop, namespace: default }
        spec: { type: ExternalName, externalName: loop.default.svc.cluster.local }
        ---
        kind: Service
        metadata: { name: number, namespace: default }
        spec: { type: ExternalName, externalName: 192.0.2.1 }
        ---
        kind: Pod
        metadata: { name: client, namespace: default }
        status: { podIP: 10.200.0.99, podIPs: [ { ip: 10.200.0.99 } ] }
        ---
        kind: Pod
        metadata: { name: slow, namespace: slow }
        status: { podIP: 10.200.0.98, podIPs: [ { ip: 10.200.0.98 } ] }
        """;

    public static ClusterZoneOptions Options { get; } = new()
    {
        Servers = [NetAddress.Parse("10.32.0.10")],
        ReverseRanges = [NetPrefix.Parse("10.32.0.0/24"), NetPrefix.Parse("10.200.0.0/16")],
    };

    public static ClusterZone Zone(string yaml = Objects, ClusterZoneOptions? options = null)
    {
        ClusterZone zone = new(options ?? Options);
        List<Service> services = [];
        List<EndpointSlice> slices = [];
        foreach (JsonNode item in KubernetesYaml.ParseAll(yaml))
        {
            switch ((string?)item["kind"])
            {
                case "Namespace":
                    Namespace ns = item.Deserialize(KubernetesJson.Default.Namespace)!;
                    zone.Set(ns.Metadata.Name, ns);
                    break;
                case "Service":
                    services.Add(item.Deserialize(KubernetesJson.Default.Service)!);
                    break;
                case "EndpointSlice":
                    slices.Add(item.Deserialize(KubernetesJson.Default.EndpointSlice)!);
                    break;
                case "Pod":
                    zone.Set(null, item.Deserialize(KubernetesJson.Default.Pod)!);
                    break;
                default:
                    throw new ArgumentException(item.ToJsonString());
            }
        }

        foreach (Service service in services)
        {
            zone.Set(service.Metadata.Key, service, [.. slices.Where(s => s.Metadata.Namespace == service.Metadata.Namespace
                && s.Metadata.Labels["kubernetes.io/service-name"] == service.Metadata.Name)]);
        }

        zone.MarkSynced();
        zone.Publish();
        return zone;
    }

    /// <summary>The cluster's handler, and behind it an outside in which www.example.com exists.</summary>
    public static ClusterHandler Handler(ClusterZoneOptions? options = null, bool searchPath = false) =>
        new(Zone(options: options), new Outside(), new() { IsEnabled = searchPath });

    /// <summary>Knows www.example.com, but only after a while; says nothing about silent.example.com; all other names don't exist.</summary>
    private sealed class Outside : IQueryHandler
    {
        public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
        {
            answer = default;
            return false;
        }

        public async ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (query.Name == DnsName.Parse("silent.example.com"))
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            Assert.True(query.Name.LabelCount > 1, $"{query.Name} was asked of the world");
            if (query.Name != DnsName.Parse("www.example.com"))
            {
                return Responses.Write(query, ResponseCode.NameError, response.Span, AnswerOrigin.Upstream);
            }

            int length = Write(query, response.Span);
            return new(length, AnswerOrigin.Upstream);
        }

        private static int Write(DnsQuery query, Span<byte> response)
        {
            MessageWriter writer = new(response);
            writer.TryWriteQuestion(query.Name.Wire, query.Type, query.Class);
            DnsName host = DnsName.Parse("host.example.com");
            writer.TryWriteName(query.Name.Wire, RecordType.CName, 60, host.Wire);
            bool any = query.Type == RecordType.A && writer.TryWriteAddress(host.Wire, 60, NetAddress.Parse("192.0.2.80"));
            writer.WriteHeader(new(0, HeaderFlags.Response, 1, (ushort)(any ? 2 : 1)));
            return writer.Length;
        }
    }
}
