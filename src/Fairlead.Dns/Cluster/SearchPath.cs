using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Cluster;

/// <summary>Whether pods get the end of their search path in the first trip.</summary>
public sealed record SearchPathOptions
{
    /// <summary>The annotation of a namespace whose pods go their own way: <c>"off"</c>.</summary>
    public const string Annotation = "fairlead.dev/search-path";

    /// <summary>Off: each step is answered on its own, as it is asked.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>Whether pods' search paths go on behind the cluster's domains, with those of the node's own resolv.conf. Those names aren't known here, so the last step is left to the client then.</summary>
    public bool HasHostDomains { get; init; }

    /// <summary>Whether the node's resolv.conf, whose domains kubelets put behind the cluster's, has a search path.</summary>
    /// <param name="path">The file; one that isn't there has none.</param>
    public static bool HasDomains(string path) => File.Exists(path) && !ResolvConf.Parse(File.ReadAllText(path)).Search.IsDefaultOrEmpty;
}

/// <summary>
/// A pod that looks for "example.com" asks for example.com.NAMESPACE.svc.ZONE first, then …svc.ZONE, then …ZONE, then for what it meant: four trips, and as many for
/// AAAA. The first question says all: the pod's namespace is known by its address. This finds the name at which the search would end.
/// </summary>
internal sealed class SearchPath(SearchPathOptions options)
{
    /// <summary>Finds where the search of a name that the zone doesn't have ends.</summary>
    /// <param name="question">A question for the first step of the client's search path; anything else gives false.</param>
    /// <param name="snapshot">What exists.</param>
    /// <param name="target">At least <see cref="NameBytes.MaxLength"/> bytes, for the name.</param>
    /// <param name="length">How long it is.</param>
    public bool TryFind(in Question question, ClusterSnapshot snapshot, Span<byte> target, out int length)
    {
        length = 0;
        ReadOnlySpan<byte> name = question.Name;
        if (!options.IsEnabled || question.Type is not (RecordType.A or RecordType.Aaaa) || snapshot.FindPod(question.Client) is not { } pod
            || snapshot.Namespaces.Find(pod.NamespaceLabel) is not { SearchPathOff: false })
        {
            return false;
        }

        ReadOnlySpan<byte> services = snapshot.Writer.ServicesDomain;
        int front = name.Length - services.Length - pod.NamespaceLabel.Length;
        if (front <= 0 || !name[(front + pod.NamespaceLabel.Length)..].SequenceEqual(services) || !name.Slice(front, pod.NamespaceLabel.Length).SequenceEqual(pod.NamespaceLabel)
            || !NameBytes.IsWithin(name, name[front..]))
        {
            return false;
        }

        ReadOnlySpan<byte> wanted = name[..front];
        return IsThere(wanted, services, snapshot, question.Type, target, out length)
            || IsThere(wanted, snapshot.Options.Zone.Wire, snapshot, question.Type, target, out length)
            || (!options.HasHostDomains && HasDot(wanted) && TryJoin(wanted, NameBytes.Root, target, out length));
    }

    /// <summary>A single label, such as a Service's name with a slip of the pen, is nothing to ask the world for.</summary>
    private static bool HasDot(ReadOnlySpan<byte> wanted) => wanted[0] + 1 < wanted.Length;

    private static bool IsThere(ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> domain, ClusterSnapshot snapshot, RecordType type, Span<byte> target, out int length) =>
        TryJoin(wanted, domain, target, out length) && snapshot.Find(target[..length], type).Kind is not (ZoneAnswerKind.NoName or ZoneAnswerKind.NotOurs);

    private static bool TryJoin(ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> domain, Span<byte> target, out int length)
    {
        length = wanted.Length + domain.Length;
        wanted.CopyTo(target);
        domain.CopyTo(target[wanted.Length..]);
        return true;
    }
}
