namespace Fairlead.Bench.Dns;

/// <summary>Ours and its peers, as commands that serve the same names.</summary>
internal sealed class Peers
{
    private const int FirstPort = 15300;
    private const int UpstreamPort = 15290;
    private static readonly string[] Directories = ["/usr/sbin", "/usr/bin", "/sbin", "/usr/local/bin"];

    private readonly GeneratedNames _names;
    private readonly string _core;
    private int _port = FirstPort;

    public Peers(GeneratedNames names, string kubeconfig, string core)
    {
        (_names, _core) = (names, core);
        string fairlead = Environment.GetEnvironmentVariable("FAIRLEAD") ?? Path.GetFullPath("out/bin/fairlead");
        string? coredns = Environment.GetEnvironmentVariable("FAIRLEAD_COREDNS");
        string forwarding = names.Save("fairlead.Corefile", $$"""
            . {
              kubernetes cluster.local in-addr.arpa ip6.arpa
              cache 30
              forward . 127.0.0.1:{{UpstreamPort}}
            }
            """);
        AddServers(fairlead, coredns, kubeconfig);
        AddResolvers(fairlead, coredns, kubeconfig, forwarding);
    }

    /// <summary>Those that hold the cluster's names.</summary>
    public List<(string Name, Func<Contestant> Start)> Servers { get; } = [];

    /// <summary>Those that ask the upstream for names outside, and keep what they heard.</summary>
    public List<(string Name, Func<Contestant> Start)> Resolvers { get; } = [];

    /// <summary>A server that has every name below example.com; null where there is none to be had.</summary>
    public Contestant? StartUpstream(string core)
    {
        if (Find("knotd") is not { } knot)
        {
            return null;
        }

        string zone = _names.Save("example.com.zone", "$ORIGIN example.com.\n$TTL 3600\n@ SOA ns hostmaster 1 7200 1800 86400 5\n@ NS ns\nns A 192.0.2.1\n* A 192.0.2.80\n");
        return Contestant.Start(
            "upstream", UpstreamPort, core, "www.example.com", "192.0.2.80", knot, "-c",
            _names.Save("upstream.conf", Knot(UpstreamPort, Directory.CreateDirectory(Path.Combine(_names.Directory, "upstream")).FullName, "example.com", zone)));
    }

    private void AddServers(string fairlead, string? coredns, string kubeconfig)
    {
        void Add(string name, string command, Func<int, string[]> arguments) =>
            this.Add(Servers, name, command, GeneratedNames.Name(_names.Services - 1), GeneratedNames.Address(_names.Services - 1), arguments);

        Add("fairlead", fairlead, p => ["dns", "--kubeconfig", kubeconfig, "--listen", $"127.0.0.1:{p}", "--threads", "1", "--metrics-address", $"127.0.0.1:{p + 1000}"]);
        string zone = _names.ZoneFile();
        Add("knot", "knotd", p => ["-c", _names.Save("knot.conf", Knot(p, _names.Directory, "cluster.local", zone))]);
        string data = _names.UnboundData();
        Add("unbound", "unbound", p => ["-d", "-c", _names.Save("unbound.conf", Unbound(p) + $"include: {data}\n")]);
        string hosts = _names.HostsFile();
        Add("dnsmasq", "dnsmasq", p => [.. Dnsmasq(p), "-h", "-H", hosts, "--local=/cluster.local/", "-R"]);
        if (coredns is not null)
        {
            Add("coredns", coredns, p => ["-conf", _names.Save("Corefile", $"cluster.local:{p} {{\n bind 127.0.0.1\n kubernetes cluster.local {{\n kubeconfig {kubeconfig}\n }}\n}}\n")]);
        }
    }

    private void AddResolvers(string fairlead, string? coredns, string kubeconfig, string forwarding)
    {
        void Add(string name, string command, Func<int, string[]> arguments) => this.Add(Resolvers, name, command, "www.example.com", "192.0.2.80", arguments);

        Add("fairlead", fairlead, p => ["dns", "--kubeconfig", kubeconfig, "--corefile", forwarding, "--listen", $"127.0.0.1:{p}", "--threads", "1", "--metrics-address", $"127.0.0.1:{p + 1000}"]);
        Add("unbound", "unbound", p => ["-d", "-c", _names.Save("unbound-forward.conf", Unbound(p) + $"""
              module-config: "iterator"
              do-not-query-localhost: no
            forward-zone:
              name: "."
              forward-addr: 127.0.0.1@{UpstreamPort}
            """)]);
        Add("dnsmasq", "dnsmasq", p => [.. Dnsmasq(p), "-h", "-R", $"--server=127.0.0.1#{UpstreamPort}"]);
        if (coredns is not null)
        {
            Add("coredns", coredns, p => ["-conf", _names.Save("forward.Corefile", $".:{p} {{\n bind 127.0.0.1\n cache 30\n forward . 127.0.0.1:{UpstreamPort}\n}}\n")]);
        }
    }

    private void Add(List<(string Name, Func<Contestant> Start)> to, string name, string command, string question, string answer, Func<int, string[]> arguments)
    {
        if (Find(command) is not { } path)
        {
            Console.WriteLine($"  {name} isn't here: there is no {command}");
            return;
        }

        int port = _port++;
        to.Add((name, () => Contestant.Start(name, port, _core, question, answer, path, arguments(port))));
    }

    private static string Knot(int port, string directory, string domain, string zone) => $"""
        server:
          rundir: {directory}
          udp-workers: 1
          tcp-workers: 1
          listen: 127.0.0.1@{port}
        database:
          storage: {directory}
        zone:
          - domain: {domain}
            file: {zone}
        """;

    private static string Unbound(int port) => $"""
        server:
          interface: 127.0.0.1
          port: {port}
          num-threads: 1
          do-daemonize: no
          chroot: ""
          username: ""
          pidfile: ""
          use-syslog: no
          incoming-num-tcp: 100
          access-control: 127.0.0.0/8 allow

        """;

    private static string[] Dnsmasq(int port) =>
        ["-k", "-u", "root", "-C", "/dev/null", "-p", $"{port}", "-a", "127.0.0.1", "--bind-interfaces", "--pid-file", "-c", "10000"];

    private static string? Find(string command) => Path.IsPathRooted(command)
        ? File.Exists(command) ? command : null
        : Directories.Select(d => Path.Combine(d, command)).FirstOrDefault(File.Exists);
}
