using System.Text;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>
/// How long packets of this node's pods may be. The node's agent knows: it looks at the link to the other nodes and at what the tunnels add, and writes the number where
/// plugins find it, as flannel does with its subnet.env.
/// </summary>
internal static class NodeMtu
{
    /// <summary>The agent's file.</summary>
    public const string Path = "/run/fairlead/network.json";

    /// <summary>What a veth has when it is told nothing.</summary>
    public const int KernelsDefault = 1500;

    /// <summary>What the configuration says, or else the agent; null: neither says anything.</summary>
    public static int? Choose(int? configured, string path = Path) => configured ?? Read(path);

    private static int? Read(string path)
    {
        try
        {
            // A link takes from 68 bytes up; what else stands there isn't the agent's.
            return PlainFile.Read(path) is { } text && ConfigurationObject.Parse(Encoding.UTF8.GetBytes(text), path).GetInteger("mtu") is { } mtu and >= 68 and <= 65535 ? mtu : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CniException)
        {
            // Without it a pod gets the kernel's MTU, and the agent, when it is there, sets it right.
            return null;
        }
    }
}
