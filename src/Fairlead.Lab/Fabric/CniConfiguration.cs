namespace Fairlead.Lab.Fabric;

/// <summary>The CNI configuration of a worker, as "Kubernetes The Hard Way" has it: a bridge, host-local addresses, the loopback.</summary>
internal static class CniConfiguration
{
    /// <summary>Writes the files into a host's own /etc/cni/net.d.</summary>
    public static void Write(string directory, LabHost worker)
    {
        Directory.CreateDirectory(directory);

        // Masquerading is the agent's: it knows all pod networks, where a plugin knows only its own node's.
        File.WriteAllText(Path.Combine(directory, "10-bridge.conf"), $$"""
            {
              "cniVersion": "1.0.0",
              "name": "bridge",
              "type": "bridge",
              "bridge": "cnio0",
              "isGateway": true,
              "ipMasq": false,
              "ipam": {
                "type": "host-local",
                "ranges": [
                  [{"subnet": "{{worker.PodCidr}}"}]
                ],
                "routes": [{"dst": "0.0.0.0/0"}]
              }
            }

            """);
        File.WriteAllText(Path.Combine(directory, "99-loopback.conf"), """
            {
              "cniVersion": "1.0.0",
              "name": "lo",
              "type": "loopback"
            }

            """);
    }
}
