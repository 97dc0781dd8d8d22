using System.CommandLine;
using System.Net;
using Fairlead.Cli.Output;
using Fairlead.ControlPlane;
using Fairlead.ControlPlane.Controllers;
using Fairlead.Kubernetes;
using Microsoft.Extensions.Logging;
using IPAddress = System.Net.IPAddress;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead apiserver</c>: the embedded Kubernetes API with its controllers, alone.</summary>
internal static class ApiServerCommand
{
    private const string ServiceAccountPlugin = "ServiceAccount";

    public static Command Create()
    {
        Option<string> data = new("--data-dir") { Description = "The database and the certificates; made at the first start.", DefaultValueFactory = _ => "/var/lib/fairlead/apiserver" };
        Option<IPAddress> bind = Parsed("--bind-address", "The address to listen on.", IPAddress.Any, IPAddress.Parse);
        Option<int> port = new("--secure-port") { Description = "The port to listen on; 0 takes one that is free.", DefaultValueFactory = _ => 6443 };
        Option<IPAddress?> advertise = Parsed<IPAddress?>("--advertise-address", "The address at which nodes and pods reach the API.", null, IPAddress.Parse);
        Option<IPNetwork[]> services = Parsed("--service-cluster-ip-range", "The cluster IPs; a second range of the other family, after a comma, makes the cluster dual-stack.", [IPNetwork.Parse("10.32.0.0/24")], ParseRanges);
        Option<(int First, int Last)> nodePorts = Parsed("--service-node-port-range", "The node ports, FIRST-LAST.", (30000, 32767), ParseRange);
        Option<IPNetwork[]> pods = Parsed("--cluster-cidr", "The ranges from which nodes get pod CIDRs, one of each family.", [], ParseRanges);
        Option<string?> kubeconfig = new("--kubeconfig-out") { Description = "Where to write an administrator's kubeconfig." };
        Option<bool> controllers = new("--controllers") { Description = "Run the controllers (Deployments, scheduler, endpoint slices …) too.", DefaultValueFactory = _ => true };
        Option<AuthorizationMode> authorization = Parsed(
            "--authorization-mode", "RBAC decides by roles and bindings, AlwaysAllow lets whoever is authenticated do everything.", AuthorizationMode.Rbac, ParseMode);
        Option<string[]> disabled = Parsed(
            "--disable-admission-plugins", "What not to do to objects before they are stored, of: ServiceAccount (gives a new pod its account and token; only with --controllers, which make accounts).", (string[])[], ParsePlugins);
        Command command = new("apiserver", "Serve a Kubernetes API, with controllers, from memory and one SQLite file.")
        {
            data, bind, port, advertise, services, nodePorts, pods, kubeconfig, authorization, controllers, disabled,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            IPNetwork[] clusterCidrs = parsed.GetValue(pods)!;
            IPNetwork[] serviceCidrs = parsed.GetValue(services)!;
            var options = new ApiServerOptions
            {
                DataDirectory = Path.GetFullPath(parsed.GetValue(data)!),
                BindAddress = parsed.GetValue(bind)!,
                SecurePort = parsed.GetValue(port),
                AdvertiseAddress = parsed.GetValue(advertise),
                ServiceCidr = serviceCidrs[0],
                SecondaryServiceCidr = serviceCidrs.Length > 1 ? serviceCidrs[1] : null,
                FirstNodePort = parsed.GetValue(nodePorts).First,
                LastNodePort = parsed.GetValue(nodePorts).Last,
                ClusterCidr = clusterCidrs.Length > 0 ? clusterCidrs[0] : null,
                KubeconfigPath = parsed.GetValue(kubeconfig),
                Authorization = parsed.GetValue(authorization),
                ServiceAccountAdmission = parsed.GetValue(controllers) && !parsed.GetValue(disabled)!.Contains(ServiceAccountPlugin),
                Controllers = parsed.GetValue(controllers) ? (adminKubeconfig, token) => ControllersAsync(adminKubeconfig, clusterCidrs, token) : null,
            };
            return Daemons.RunAsync(token => ApiServer.RunAsync(options, token), cancellationToken);
        });
        return command;
    }

    private static async Task ControllersAsync(string adminKubeconfig, IPNetwork[] clusterCidrs, CancellationToken cancellationToken)
    {
        using ILoggerFactory loggers = DaemonLog.Create();
        using var client = new KubernetesClient(KubernetesClientOptions.FromKubeconfigText(adminKubeconfig));
        await ControllerManager.RunAsync(
            client,
            new ControllerManagerOptions { ClusterCidrs = clusterCidrs, LoggerFactory = loggers },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>kube-apiserver's words; its Node authorizer is a binding of roles here.</summary>
    private static AuthorizationMode ParseMode(string text) => text switch
    {
        "RBAC" or "Node,RBAC" => AuthorizationMode.Rbac,
        "AlwaysAllow" => AuthorizationMode.AlwaysAllow,
        _ => throw new FormatException(),
    };

    private static string[] ParsePlugins(string text)
    {
        string[] plugins = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return plugins.All(plugin => plugin == ServiceAccountPlugin) ? plugins : throw new FormatException();
    }

    private static IPNetwork[] ParseRanges(string text)
    {
        IPNetwork[] ranges = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(range => IPNetwork.Parse(range))];
        return ranges.Length is 1 || (ranges.Length is 2 && ranges[0].BaseAddress.AddressFamily != ranges[1].BaseAddress.AddressFamily) ? ranges : throw new FormatException();
    }

    private static (int First, int Last) ParseRange(string text)
    {
        string[] parts = text.Split('-');
        return parts.Length == 2 && ushort.TryParse(parts[0], out ushort first) && ushort.TryParse(parts[1], out ushort last) && first <= last
            ? (first, last)
            : throw new FormatException();
    }

    private static Option<T> Parsed<T>(string name, string description, T standard, Func<string, T> parse) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            try
            {
                return parse(text);
            }
            catch (FormatException)
            {
                result.AddError($"{name}: '{text}' can't be read. {description}");
                return standard;
            }
        },
    };
}
