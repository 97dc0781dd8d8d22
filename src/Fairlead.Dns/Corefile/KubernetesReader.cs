using System.Collections.Immutable;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Dns.Corefile;

/// <summary>Reads <c>kubernetes [ZONES…] { … }</c>.</summary>
internal static class KubernetesReader
{
    public static KubernetesOptions Read(CorefileSource source, Directive directive, ImmutableArray<DnsName> otherwise)
    {
        KubernetesOptions options = new() { Zones = Plugins.ZonesOf(directive.Arguments.AsSpan(), otherwise) };
        if (!options.ForwardZones.Any(z => z != DnsName.Root))
        {
            throw directive.Error("no zone for Services: name the cluster's domain, such as 'kubernetes cluster.local in-addr.arpa ip6.arpa'");
        }

        foreach (Directive option in directive.Body)
        {
            options = Option(source, directive, option, options);
        }

        if (options.Namespaces.Length > 0 && !options.NamespaceLabels.IsEverything)
        {
            throw directive.Error("namespaces and namespace_labels exclude each other");
        }

        return options;
    }

    private static KubernetesOptions Option(CorefileSource source, Directive directive, Directive option, KubernetesOptions options)
    {
        option.Flat();
        switch (option.Name.Text)
        {
            case "pods":
                CorefileWord mode = option.Single("disabled, insecure or verified");
                return options with
                {
                    Pods = mode.Text switch
                    {
                        "disabled" => PodNames.Disabled,
                        "insecure" => PodNames.Insecure,
                        "verified" => PodNames.Verified,
                        _ => throw mode.Error($"pods is '{mode.Text}': write disabled, insecure or verified"),
                    },
                };
            case "ttl":
                return options with { Ttl = (uint)option.Single("seconds").Integer("ttl", 0, 3600) };
            case "fallthrough":
                return options with { Fallthrough = new(Plugins.ZonesOf(option.Arguments.AsSpan(), options.Zones)) };
            case "endpoint_pod_names":
                option.Bare();
                return options with { EndpointPodNames = true };
            case "noendpoints":
                option.Bare();
                return options with { NoEndpoints = true };
            case "ignore":
                CorefileWord what = option.Single("empty_service");
                return what.Text is "empty_service" or "emptyservice"
                    ? options with { IgnoresEmptyServices = true }
                    : throw what.Error($"ignore knows empty_service, not '{what.Text}'");
            case "namespaces":
                return options with
                {
                    Namespaces = option.Arguments.IsEmpty ? throw option.Error("name the namespaces that are seen") : [.. option.Arguments.Select(a => a.Text)],
                };
            case "labels":
                return options with { Labels = Selector(option) };
            case "namespace_labels":
                return options with { NamespaceLabels = Selector(option) };
            case "resyncperiod" or "upstream" or "multicluster" or "startup_timeout" or "apiserver_qps" or "apiserver_burst" or "apiserver_max_inflight":
                source.Warnings.Add(option.Name.Warning(option.Name.Text switch
                {
                    "upstream" => "kubernetes: upstream is ignored, as in CoreDNS: names of external Services are asked of this server itself",
                    "multicluster" => "kubernetes: multicluster zones aren't served; their names don't exist",
                    var name => $"kubernetes: {name} is ignored: the server lives on the agent's watches",
                }));
                return options;
            case "endpoint" or "tls" or "kubeconfig":
                source.Warnings.Add(option.Name.Warning($"kubernetes: {option.Name.Text} is ignored: the API is the one that the server was started with (--kubeconfig)"));
                return options;
            case "transfer":
                throw option.Error("zones aren't transferred; leave it out");
            default:
                throw directive.UnknownOption(
                    option, "pods", "ttl", "fallthrough", "endpoint_pod_names", "noendpoints", "ignore", "namespaces", "labels", "namespace_labels");
        }
    }

    private static LabelQuery Selector(Directive option)
    {
        if (option.Arguments.IsEmpty)
        {
            throw option.Error("a label selector is missing, such as app in (web, db)");
        }

        try
        {
            return LabelQuery.Of(LabelSelector.Parse(string.Join(' ', option.Arguments.Select(a => a.Text))));
        }
        catch (FormatException e)
        {
            throw option.Error($"{option.Name.Text}: {e.Message}");
        }
    }
}
