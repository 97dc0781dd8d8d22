using System.Text.RegularExpressions;

namespace Fairlead.Dns.Corefile;

/// <summary>
/// Files that people take for a Corefile: the ConfigMap around one, kube-dns's own configuration, and the templates of the node-local cache. Each is told what it is and
/// what to write instead: read as a Corefile they would give an error about some brace.
/// </summary>
internal static partial class OtherFormats
{
    private const string KubeDns =
        "this is kube-dns's configuration, not a Corefile. Write a block '.:53 { kubernetes cluster.local in-addr.arpa ip6.arpa … forward . ADDRESSES }' with the addresses of "
        + "upstreamNameservers, and for each of stubDomains a block 'DOMAIN:53 { forward . ADDRESSES }'";

    /// <summary>Refuses a text that is something else.</summary>
    /// <exception cref="CorefileException">It is.</exception>
    public static void Refuse(string path, string text)
    {
        if (KubeDnsKey.Match(text) is { Success: true } key)
        {
            throw new CorefileException(path, LineOf(text, key.Index), KubeDns);
        }

        if (ManifestKey.Match(text) is { Success: true } manifest)
        {
            throw new CorefileException(
                path, LineOf(text, manifest.Index), "this is an object of the API, not a Corefile: give the file that stands in it, such as kubectl get configmap coredns -n kube-system -o jsonpath={.data.Corefile} prints it");
        }
    }

    /// <summary>Refuses a word that node-cache would have replaced.</summary>
    /// <exception cref="CorefileException">It is one.</exception>
    public static CorefileWord Refuse(CorefileWord word) => word.Text.Contains("__PILLAR__", StringComparison.Ordinal)
        ? throw word.Error(
            $"'{word.Text}' is a placeholder that node-cache fills in when it starts. The agent answers the cluster's names on each node itself, so such a file isn't needed; to keep it, write addresses: "
            + "for __PILLAR__CLUSTER__DNS__ the cluster IP of kube-dns-upstream, for __PILLAR__UPSTREAM__SERVERS__ /etc/resolv.conf")
        : word;

    private static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    /// <summary>In a ConfigMap, or a file of its own as kube-dns mounts it: JSON alone.</summary>
    [GeneratedRegex("""^\s*(stubDomains|upstreamNameservers):\s|\A\s*(\{\s*"[^"]*"\s*:\s*\[|\[\s*")""", RegexOptions.Multiline)]
    private static partial Regex KubeDnsKey { get; }

    [GeneratedRegex("""^(apiVersion|kind|data):\s|\A\s*\{\s*"(apiVersion|kind|data)"\s*:""", RegexOptions.Multiline)]
    private static partial Regex ManifestKey { get; }
}
