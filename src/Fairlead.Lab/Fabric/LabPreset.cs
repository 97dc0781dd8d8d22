using System.Net;

namespace Fairlead.Lab.Fabric;

/// <summary>The addresses of a lab. They may be the same in every lab: each lab's network is its own.</summary>
public sealed record LabPreset
{
    /// <summary>The preset's name on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>The segment between the nodes; its first address is the router's.</summary>
    public required IPNetwork Nodes { get; init; }

    /// <summary>All pod CIDRs; worker <c>i</c> has the <c>i</c>-th /24 of it.</summary>
    public required IPNetwork Pods { get; init; }

    /// <summary>The cluster IPs; the first is the API's, the tenth the cluster DNS.</summary>
    public required IPNetwork Services { get; init; }

    /// <summary>Where the edge router puts the nodes' public addresses, 1:1, by the last octet (RFC 5737, TEST-NET-3).</summary>
    public required IPNetwork Public { get; init; }

    /// <summary>Host number of the first controller in <see cref="Nodes"/>.</summary>
    public int FirstController { get; init; } = 10;

    /// <summary>Host number of the first worker in <see cref="Nodes"/>.</summary>
    public int FirstWorker { get; init; } = 20;

    /// <summary>The addresses of "Kubernetes The Hard Way", which many articles use.</summary>
    public static LabPreset HardWay { get; } = new()
    {
        Name = "hard-way",
        Nodes = IPNetwork.Parse("10.240.0.0/24"),
        Pods = IPNetwork.Parse("10.200.0.0/16"),
        Services = IPNetwork.Parse("10.32.0.0/24"),
        Public = IPNetwork.Parse("203.0.113.0/24"),
    };

    /// <summary>The preset of that name.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public static LabPreset Named(string name) => name == HardWay.Name
        ? HardWay
        : throw new LabException($"--preset '{name}': there is no such preset; '{HardWay.Name}' is the one there is.");

    /// <summary>The address with the given host number in a network.</summary>
    public static IPAddress Address(IPNetwork network, int host)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        int carry = host;
        for (int i = bytes.Length - 1; i >= 0 && carry > 0; i--)
        {
            carry += bytes[i];
            bytes[i] = (byte)carry;
            carry >>= 8;
        }

        return new IPAddress(bytes);
    }
}
