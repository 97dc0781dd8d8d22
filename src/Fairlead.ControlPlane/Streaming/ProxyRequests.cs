using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Streaming;

/// <summary>log, exec, attach, port-forward and proxy: finds out where a request must go, then passes it on.</summary>
internal sealed class ProxyRequests(ObjectStore store, ResourceRegistry registry, StreamProxy proxy)
{
    private const int KubeletPort = 10250;

    public Task PodAsync(RequestContext request)
    {
        var pod = Find("pods", request.Namespace, request.Name);
        return request.Target.Subresource switch
        {
            "log" => LogAsync(request, pod),
            "exec" or "attach" => ProcessAsync(request, pod),
            "portforward" => proxy.ForwardAsync(request.Http, Kubelet(request, pod, $"/portForward/{request.Namespace}/{request.Name}{request.Http.Request.QueryString}")),
            _ => PodProxyAsync(request, request.Namespace),
        };
    }

    private Task LogAsync(RequestContext request, JsonObject pod)
    {
        var container = Container(request, pod, allowInit: true);
        if (string.IsNullOrEmpty(pod.StringAt("spec", "nodeName")))
        {
            // Not scheduled: there is nothing to read yet, and kubectl gets an empty log.
            return Answers.WriteAsync(request.Http, 200, ReadOnlyMemory<byte>.Empty, "text/plain");
        }

        List<KeyValuePair<string, string?>> query = [];
        foreach (var name in (string[])["follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"])
        {
            if (request.Query(name) is { Length: > 0 } value)
            {
                query.Add(new(name, value));
            }
        }

        return proxy.ForwardAsync(request.Http, Kubelet(request, pod, $"/containerLogs/{request.Namespace}/{request.Name}/{container}{QueryText(query)}"));
    }

    private Task ProcessAsync(RequestContext request, JsonObject pod)
    {
        var container = Container(request, pod, allowInit: true);
        List<KeyValuePair<string, string?>> query = [];
        foreach (var (theirs, ours) in ((string, string)[])[("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty")])
        {
            if (request.Flag(theirs))
            {
                query.Add(new(ours, "1"));
            }
        }

        foreach (var word in request.Http.Request.Query["command"])
        {
            query.Add(new("command", word));
        }

        return proxy.ForwardAsync(request.Http, Kubelet(request, pod, $"/{request.Target.Subresource}/{request.Namespace}/{request.Name}/{container}{QueryText(query)}"));
    }

    private static string QueryText(List<KeyValuePair<string, string?>> query)
    {
        StringBuilder text = new();
        foreach (var (name, value) in query)
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value ?? ""));
        }

        return text.ToString();
    }

    /// <summary>The container asked for, or the only one; errors as kube-apiserver's (registry/core/pod/strategy.go).</summary>
    private static string Container(RequestContext request, JsonObject pod, bool allowInit)
    {
        var names = pod.ObjectsAt("spec", "containers").Select(container => container.StringAt("name")!).ToList();
        var initNames = allowInit ? pod.ObjectsAt("spec", "initContainers").Select(container => container.StringAt("name")!).ToList() : [];
        var ephemeral = pod.ObjectsAt("spec", "ephemeralContainers").Select(container => container.StringAt("name")!).ToList();
        var asked = request.Query("container");
        if (asked.Length > 0)
        {
            return names.Contains(asked) || initNames.Contains(asked) || ephemeral.Contains(asked)
                ? asked
                : throw StatusException.BadRequest($"container {asked} is not valid for pod {request.Name}");
        }

        if (names.Count == 1)
        {
            return names[0];
        }

        if (names.Count == 0)
        {
            throw StatusException.BadRequest($"a container name must be specified for pod {request.Name}");
        }

        var choices = $"a container name must be specified for pod {request.Name}, choose one of: [{string.Join(' ', names)}]";
        throw StatusException.BadRequest(initNames.Count > 0 ? $"{choices} or one of the init containers: [{string.Join(' ', initNames)}]" : choices);
    }

    private ProxyTarget Kubelet(RequestContext request, JsonObject pod, string pathAndQuery)
    {
        var node = pod.StringAt("spec", "nodeName");
        if (string.IsNullOrEmpty(node))
        {
            throw StatusException.BadRequest($"pod {request.Name} does not have a host assigned");
        }

        return Kubelet(Find("nodes", "", node), pathAndQuery);
    }

    private static ProxyTarget Kubelet(JsonObject node, string pathAndQuery)
    {
        var addresses = node.ObjectsAt("status", "addresses").ToList();
        var address = (string[])["InternalIP", "ExternalIP", "Hostname"] is var order
            ? order.Select(type => addresses.FirstOrDefault(one => one.StringAt("type") == type).StringAt("address")).FirstOrDefault(found => found is not null)
            : null;
        if (address is null)
        {
            throw StatusException.Internal($"no preferred addresses found; known addresses: []");
        }

        var port = node.IntegerAt("status", "daemonEndpoints", "kubeletEndpoint", "Port") is > 0 and var named ? (int)named : KubeletPort;
        return new ProxyTarget(address, port, Tls: true, pathAndQuery);
    }

    public Task NodeProxyAsync(RequestContext request)
    {
        var rest = request.Target.Rest.Length == 0 ? "/" : request.Target.Rest;
        var (_, name, port) = Split(request.Name);
        var target = Kubelet(Find("nodes", "", name), rest + request.Http.Request.QueryString);
        return proxy.ForwardAsync(request.Http, port.Length > 0 && int.TryParse(port, out var number) ? target with { Port = number } : target);
    }

    private Task PodProxyAsync(RequestContext request, string ns)
    {
        var (scheme, name, port) = Split(request.Name);
        var pod = Find("pods", ns, name);
        var address = pod.StringAt("status", "podIP") ?? throw StatusException.Internal("address not allowed");
        var number = port.Length == 0
            ? pod.ObjectsAt("spec", "containers").SelectMany(container => container.ObjectsAt("ports")).Select(one => one.IntegerAt("containerPort")).FirstOrDefault() ?? 80
            : NamedPort(port, pod.ObjectsAt("spec", "containers").SelectMany(container => container.ObjectsAt("ports")), "containerPort");
        return proxy.ForwardAsync(request.Http, new ProxyTarget(address, (int)number, scheme == "https", PathOf(request)));
    }

    public Task ServiceProxyAsync(RequestContext request)
    {
        var (scheme, name, port) = Split(request.Name);
        var service = Find("services", request.Namespace, name);
        var ports = service.ObjectsAt("spec", "ports").ToList();
        var chosen = port.Length == 0 && ports.Count == 1
            ? ports[0]
            : ports.FirstOrDefault(one => one.StringAt("name") == port || one.IntegerAt("port")?.Invariant() == port);
        if (chosen is null)
        {
            throw new StatusException(503, "ServiceUnavailable", $"no service port \"{port}\" found for service \"{name}\"");
        }

        var candidates = Endpoints(request.Namespace, name, chosen.StringAt("name") ?? "").ToList();
        if (candidates.Count == 0)
        {
            throw new StatusException(503, "ServiceUnavailable", $"no endpoints available for service \"{name}\"");
        }

        var (address, number) = candidates[Random.Shared.Next(candidates.Count)];
        return proxy.ForwardAsync(request.Http, new ProxyTarget(address, number, scheme == "https", PathOf(request)));
    }

    private IEnumerable<(string Address, int Port)> Endpoints(string ns, string service, string portName)
    {
        var slices = registry.Find("discovery.k8s.io", "v1", "endpointslices")!.Collection!;
        foreach (var stored in store.List(slices, ns).Items.Where(slice => slice.Label("kubernetes.io/service-name") == service))
        {
            var slice = KubernetesJson.ParseObject(stored.Json);
            if (slice.ObjectsAt("ports").FirstOrDefault(port => (port.StringAt("name") ?? "") == portName).IntegerAt("port") is not { } number)
            {
                continue;
            }

            foreach (var endpoint in slice.ObjectsAt("endpoints").Where(endpoint => endpoint.BooleanAt("conditions", "ready") != false))
            {
                foreach (var address in endpoint.StringsAt("addresses"))
                {
                    yield return (address, (int)number);
                }
            }
        }
    }

    private static string PathOf(RequestContext request) =>
        (request.Target.Rest.Length == 0 ? "/" : request.Target.Rest) + request.Http.Request.QueryString;

    /// <summary>[scheme:]name[:port]</summary>
    private static (string Scheme, string Name, string Port) Split(string text) => text.Split(':') switch
    {
        [var scheme, var name, var port] => (scheme, name, port),
        [var name, var port] => ("http", name, port),
        _ => ("http", text, ""),
    };

    private static long NamedPort(string port, IEnumerable<JsonObject> ports, string field) =>
        long.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : ports.FirstOrDefault(one => one.StringAt("name") == port).IntegerAt(field) ?? throw new StatusException(503, "ServiceUnavailable", $"no port \"{port}\" found");

    private JsonObject Find(string plural, string ns, string name)
    {
        var served = registry.Find("", "v1", plural)!;
        var found = store.Find(served.Collection!, ns, Split(name) is var (_, bare, _) && plural != "nodes" ? bare : name) ?? throw StatusException.NotFound(served.Definition, name);
        return KubernetesJson.ParseObject(found.Json);
    }
}
