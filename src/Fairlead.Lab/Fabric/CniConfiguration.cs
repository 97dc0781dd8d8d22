using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Lab.Fabric;

/// <summary>The CNI configuration of a worker, as "Kubernetes The Hard Way" has it: a bridge, host-local addresses, the loopback; and what it leaves out, host ports.</summary>
internal static class CniConfiguration
{
    /// <summary>The plugin that lets a pod begin when its policies are in the kernel; it is there where the plugins are built.</summary>
    private const string PolicyGate = "fairlead";

    /// <summary>Writes the files into a host's own /etc/cni/net.d.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="worker">The host.</param>
    /// <param name="podMtu">MTU of pods' links.</param>
    /// <param name="waitsForPolicies">Whether an agent of ours is there to wait for.</param>
    public static void Write(string directory, LabHost worker, int podMtu, bool waitsForPolicies)
    {
        Directory.CreateDirectory(directory);
        string chain = Bridge(worker, podMtu);
        File.WriteAllText(
            Path.Combine(directory, "10-bridge.conflist"),
            waitsForPolicies && File.Exists(Path.Combine(LabDaemons.PluginDirectory, PolicyGate)) ? WithPolicies(chain) : chain);
        File.WriteAllText(Path.Combine(directory, "99-loopback.conf"), """
            {
              "cniVersion": "1.0.0",
              "name": "lo",
              "type": "loopback"
            }

            """);
    }

    /// <summary>The chain, and at its end the wait for policies.</summary>
    internal static string WithPolicies(string chain)
    {
        JsonObject list = JsonNode.Parse(chain)!.AsObject();
        list["plugins"]!.AsArray().Add((JsonNode)new JsonObject { ["type"] = PolicyGate });
        using MemoryStream text = new();
        using (Utf8JsonWriter writer = new(text, new JsonWriterOptions { Indented = true }))
        {
            list.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(text.ToArray()) + "\n";
    }

    /// <summary>The bridge with a range and a default route of each family. Masquerading is the agent's: it knows all pod networks, where a plugin knows only its own node's.</summary>
    internal static string Bridge(LabHost worker, int podMtu)
    {
        string ranges = string.Join(",\n", worker.PodCidrs.Select(range => $$"""          [{"subnet": "{{range}}"}]"""));
        string routes = string.Join(", ", worker.PodCidrs.Select(range => $$"""{"dst": "{{(LabSegment.IsIPv6(range) ? "::/0" : "0.0.0.0/0")}}"}"""));
        return $$"""
            {
              "cniVersion": "1.0.0",
              "name": "bridge",
              "plugins": [
                {
                  "type": "bridge",
                  "bridge": "cnio0",
                  "isGateway": true,
                  "ipMasq": false,
                  "mtu": {{podMtu}},
                  "ipam": {
                    "type": "host-local",
                    "ranges": [
            {{ranges}}
                    ],
                    "routes": [{{routes}}]
                  }
                },
                {
                  "type": "portmap",
                  "capabilities": {"portMappings": true}
                }
              ]
            }

            """;
    }
}
