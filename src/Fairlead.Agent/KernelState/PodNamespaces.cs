using System.Globalization;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Agent.KernelState;

/// <summary>
/// The network namespaces that can be entered from here, by the number that the node's namespace knows them by. The kernel lets links of another namespace be
/// looked at by that number, but not be changed.
/// </summary>
internal sealed class PodNamespaces(RouteNetlink client) : IDisposable
{
    private readonly Dictionary<int, NetworkNamespace> found = [];
    private bool searched;

    /// <summary>The namespace with this number; null where no name and no process of it is in sight.</summary>
    public NetworkNamespace? Find(int id)
    {
        if (!searched)
        {
            searched = true;
            Search();
        }

        return found.GetValueOrDefault(id);
    }

    private void Search()
    {
        HashSet<ulong> seen = [];
        foreach (string path in NetworkNamespace.ListNamed().Select(name => Path.Combine(NetworkNamespace.NamedDirectory, name)).Concat(OfProcesses()))
        {
            try
            {
                NetworkNamespace one = NetworkNamespace.Open(path);
                if (!seen.Add(one.Inode) || client.FindNamespaceId(one) is not { } id || !found.TryAdd(id, one))
                {
                    one.Dispose();
                }
            }
            catch (KernelException)
            {
                // Gone meanwhile, a file that a crash left, or not ours to look at.
            }
        }
    }

    private static IEnumerable<string> OfProcesses()
    {
        HashSet<string> links = [];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                string path = Path.Combine(process, "ns/net");
                if (TargetOf(path) is { } target && links.Add(target))
                {
                    yield return path;
                }
            }
        }
    }

    private static string? TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        foreach (NetworkNamespace one in found.Values)
        {
            one.Dispose();
        }
    }
}
