using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Authorization;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Resources;

namespace Fairlead.ControlPlane.Server;

/// <summary>The objects that every cluster has from its first second: namespaces, the service that the API itself is, its endpoint, the service CIDR.</summary>
internal sealed class Bootstrap(ObjectWriter writer, ResourceRegistry registry)
{
    private static readonly WriteOptions Options = new(Manager: "kube-apiserver");

    /// <summary>The first address of the service range.</summary>
    public static IPAddress KubernetesAddress(IPNetwork serviceCidr)
    {
        var bytes = serviceCidr.BaseAddress.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes);
    }

    public async Task RunAsync(ApiServerOptions options, int port)
    {
        foreach (var ns in (string[])["default", "kube-node-lease", "kube-public", "kube-system"])
        {
            await EnsureAsync("", "namespaces", "", new JsonObject { ["metadata"] = new JsonObject { ["name"] = ns } });
        }

        // All at once: they are made durable together.
        await Task.WhenAll(
        [
            .. BootstrapRoles.Roles().Select(role => EnsureAsync("rbac.authorization.k8s.io", "clusterroles", "", role)),
            .. BootstrapRoles.Bindings().Select(binding => EnsureAsync("rbac.authorization.k8s.io", "clusterrolebindings", "", binding)),
        ]);
        await EnsureAsync("networking.k8s.io", "servicecidrs", "", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "kubernetes" },
            ["spec"] = new JsonObject { ["cidrs"] = new JsonArray([.. options.ServiceCidrs.Select(cidr => (JsonNode)cidr.ToString())]) },
        });
        await EnsureReadyAsync();
        await EnsureAsync("", "services", "default", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "kubernetes", ["labels"] = new JsonObject { ["component"] = "apiserver", ["provider"] = "kubernetes" } },
            ["spec"] = new JsonObject
            {
                ["type"] = "ClusterIP",
                ["clusterIP"] = KubernetesAddress(options.ServiceCidr).ToString(),
                ["ipFamilyPolicy"] = "SingleStack",
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["protocol"] = "TCP", ["port"] = 443L, ["targetPort"] = (long)port }),
            },
        });
        if (options.AdvertiseAddress is { } address)
        {
            await AdvertiseAsync(address, port);
        }
    }

    /// <summary>Brings back what somebody deleted, as kube-apiserver does every ten seconds.</summary>
    public async Task KeepAsync(ApiServerOptions options, int port, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(10), writer.Time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await RunAsync(options, port);
            }
            catch (StatusException)
            {
                // Its namespace is just ending, or somebody writes the same object: the next tick comes.
            }
        }
    }

    private async Task EnsureReadyAsync()
    {
        var cidrs = registry.Find("networking.k8s.io", "v1", "servicecidrs")!;
        ApplyOptions controller = new("kubernetes-service-cidr-controller", Force: true, "status", writer.Time.GetUtcNow());
        JsonObject ready = new()
        {
            ["kind"] = cidrs.Definition.Kind,
            ["apiVersion"] = cidrs.Definition.ApiVersion,
            ["metadata"] = new JsonObject { ["name"] = "kubernetes" },
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject
                {
                    ["type"] = "Ready", ["status"] = "True", ["lastTransitionTime"] = ObjectMetadata.Timestamp(controller.Now),
                    ["message"] = "Kubernetes default Service CIDR is ready",
                }),
            },
        };
        await writer.UpdateAsync(
            cidrs, "", "kubernetes", "status",
            current => current.At("status", "conditions") is JsonArray { Count: > 0 } ? current! : ManagedFields.Apply(cidrs.Definition, current, ready, controller),
            Options with { Applied = true });
    }

    /// <summary>Writes the slice (and the legacy endpoints) of default/kubernetes, also when the address changed since the last start.</summary>
    private async Task AdvertiseAsync(IPAddress address, int port)
    {
        await PutAsync("", "endpoints", new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = "kubernetes", ["labels"] = new JsonObject { ["endpointslice.kubernetes.io/skip-mirror"] = "true" },
            },
            ["subsets"] = new JsonArray(new JsonObject
            {
                ["addresses"] = new JsonArray(new JsonObject { ["ip"] = address.ToString() }),
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = (long)port, ["protocol"] = "TCP" }),
            }),
        });
        await PutAsync("discovery.k8s.io", "endpointslices", new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = "kubernetes", ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = "kubernetes" },
            },
            ["addressType"] = address.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6",
            ["endpoints"] = new JsonArray(new JsonObject
            {
                ["addresses"] = new JsonArray(address.ToString()), ["conditions"] = new JsonObject { ["ready"] = true },
            }),
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = (long)port, ["protocol"] = "TCP" }),
        });
    }

    private async Task PutAsync(string group, string plural, JsonObject value)
    {
        var served = registry.Find(group, "v1", plural)!;
        if (writer.Store.FindLatest(served.Collection!, "default", "kubernetes") is null)
        {
            await EnsureAsync(group, plural, "default", value);
            return;
        }

        await writer.UpdateAsync(served, "default", "kubernetes", "", current =>
        {
            foreach (var (name, child) in value)
            {
                if (name != "metadata")
                {
                    current![name] = child?.DeepClone();
                }
            }

            return current!;
        }, Options);
    }

    private async Task EnsureAsync(string group, string plural, string ns, JsonObject value)
    {
        var served = registry.Find(group, "v1", plural)!;
        if (writer.Store.FindLatest(served.Collection!, ns, value.StringAt("metadata", "name")!) is not null)
        {
            return;
        }

        value["kind"] = served.Definition.Kind;
        value["apiVersion"] = served.Definition.ApiVersion;
        await writer.CreateAsync(served, ns, value, Options);
    }
}
