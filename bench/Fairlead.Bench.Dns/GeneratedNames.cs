using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.Bench.Dns;

/// <summary>Names of a large cluster: as API objects for us, as zone data for the peers, and as questions for dnsperf.</summary>
internal sealed class GeneratedNames : IDisposable
{
    private const int Namespaces = 50;
    private const int Questions = 100_000;
    private const int NamesOutside = 1000;
    private const int NamesAskedOnce = 400_000;
    private readonly int _services;
    private readonly int _endpoints;

    public GeneratedNames(int services, int endpointsOfEach)
    {
        (_services, _endpoints) = (services, endpointsOfEach);
        Directory = System.IO.Directory.CreateTempSubdirectory("fairlead-dns-bench-").FullName;
        Random random = new(1);
        Hits = Write("hits.txt", _ => $"{Name(random.Next(services))} A");
        Mix = Write("mix.txt", _ => random.Next(10) switch
        {
            < 5 => $"{Name(random.Next(services))} A",
            < 7 => $"{Name(random.Next(services))} AAAA",
            _ => $"www{random.Next(1000)}.example.com.{Namespace(random.Next(services))}.svc.cluster.local A",
        });
        Outside = Write("outside.txt", _ => $"www{random.Next(NamesOutside)}.example.com A");
        OutsideOnce = Write("outside-once.txt", i => $"once{i}.example.com A", NamesAskedOnce);
    }

    public string Directory { get; }

    public string Hits { get; }

    public string Mix { get; }

    public string Outside { get; }

    /// <summary>More names than are asked for in two runs.</summary>
    public string OutsideOnce { get; }

    public int Services => _services;

    public static string Namespace(int service) => $"ns-{service % Namespaces}";

    public static string Name(int service) => $"service-{service}.{Namespace(service)}.svc.cluster.local";

    public static string Address(int service) => $"10.96.{(service / 250) + 1}.{(service % 250) + 1}";

    private string EndpointAddress(int service, int i)
    {
        int number = (service * _endpoints) + i;
        return $"10.{100 + (number / 62500)}.{number / 250 % 250}.{(number % 250) + 1}";
    }

    public IEnumerable<(string Path, JsonObject Item)> Objects()
    {
        for (int i = 0; i < Namespaces; i++)
        {
            yield return ("/api/v1/namespaces", Parse($$"""{ "metadata": { "name": "ns-{{i}}" } }"""));
        }

        for (int i = 0; i < _services; i++)
        {
            yield return ($"/api/v1/namespaces/{Namespace(i)}/services", Parse($$"""
                { "metadata": { "name": "service-{{i}}" }, "spec": { "clusterIP": "{{Address(i)}}", "ports": [ { "name": "http", "port": 80 } ] } }
                """));
            string endpoints = string.Join(',', Enumerable.Range(0, _endpoints).Select(e => $$"""{ "addresses": [ "{{EndpointAddress(i, e)}}" ], "conditions": { "ready": true } }"""));
            yield return ($"/apis/discovery.k8s.io/v1/namespaces/{Namespace(i)}/endpointslices", Parse($$"""
                { "metadata": { "name": "service-{{i}}-1", "labels": { "kubernetes.io/service-name": "service-{{i}}" } }, "addressType": "IPv4",
                  "endpoints": [ {{endpoints}} ], "ports": [ { "name": "http", "port": 8080, "protocol": "TCP" } ] }
                """));
        }
    }

    /// <summary>A zone file (RFC 1035 section 5).</summary>
    public string ZoneFile()
    {
        StringBuilder zone = new("$ORIGIN cluster.local.\n$TTL 5\n@ SOA ns.dns hostmaster 1 7200 1800 86400 5\n@ NS ns.dns\nns.dns A 10.96.255.10\n");
        for (int i = 0; i < _services; i++)
        {
            string name = $"service-{i}.{Namespace(i)}.svc";
            zone.Append(CultureInfo.InvariantCulture, $"{name} A {Address(i)}\n_http._tcp.{name} SRV 0 100 80 {name}\n");
            for (int e = 0; e < _endpoints; e++)
            {
                string address = EndpointAddress(i, e);
                zone.Append(CultureInfo.InvariantCulture, $"{address.Replace('.', '-')}.{name} A {address}\n");
            }
        }

        return Save("cluster.local.zone", zone.ToString());
    }

    /// <summary>Unbound's local data.</summary>
    public string UnboundData()
    {
        StringBuilder data = new("server:\nlocal-zone: \"cluster.local.\" static\nlocal-data: \"cluster.local. 5 SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5\"\n");
        for (int i = 0; i < _services; i++)
        {
            data.Append(CultureInfo.InvariantCulture, $"local-data: \"{Name(i)}. 5 A {Address(i)}\"\nlocal-data: \"_http._tcp.{Name(i)}. 5 SRV 0 100 80 {Name(i)}.\"\n");
            for (int e = 0; e < _endpoints; e++)
            {
                data.Append(CultureInfo.InvariantCulture, $"local-data: \"{EndpointAddress(i, e).Replace('.', '-')}.{Name(i)}. 5 A {EndpointAddress(i, e)}\"\n");
            }
        }

        return Save("unbound-data.conf", data.ToString());
    }

    /// <summary>A hosts file, which is what dnsmasq is quick with.</summary>
    public string HostsFile()
    {
        StringBuilder hosts = new();
        for (int i = 0; i < _services; i++)
        {
            hosts.Append(CultureInfo.InvariantCulture, $"{Address(i)} {Name(i)}\n");
            for (int e = 0; e < _endpoints; e++)
            {
                hosts.Append(CultureInfo.InvariantCulture, $"{EndpointAddress(i, e)} {EndpointAddress(i, e).Replace('.', '-')}.{Name(i)}\n");
            }
        }

        return Save("hosts", hosts.ToString());
    }

    public string Save(string file, string text)
    {
        string path = Path.Combine(Directory, file);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    private string Write(string file, Func<int, string> question, int count = Questions) =>
        Save(file, string.Concat(Enumerable.Range(0, count).Select(i => question(i) + "\n")));

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
