using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>What is to be done with an object.</summary>
public enum ChangeVerb
{
    /// <summary>Make it; it must not be there.</summary>
    Add,

    /// <summary>Make it, or put it in the place of what is there.</summary>
    Replace,

    /// <summary>Put it beside what is there (forwarding entries).</summary>
    Append,

    /// <summary>Take it away; that it is gone already is fine.</summary>
    Delete,
}

/// <summary>One change of many, as data: what a diff of plans comes to, and what <see cref="RouteNetlink.Apply"/> sends.</summary>
public sealed record RouteChange
{
    private RouteChange(ChangeVerb verb, object subject)
    {
        Verb = verb;
        Subject = subject;
    }

    /// <summary>What is done.</summary>
    public ChangeVerb Verb { get; }

    /// <summary>To what: a <see cref="RouteEntry"/>, <see cref="Neighbour"/>, <see cref="ForwardingEntry"/>, <see cref="InterfaceAddress"/> or <see cref="RoutingRule"/>.</summary>
    public object Subject { get; }

    /// <summary>A change of a route.</summary>
    public static RouteChange Of(ChangeVerb verb, RouteEntry route) => new(Check(verb), route);

    /// <summary>A change of a neighbour.</summary>
    public static RouteChange Of(ChangeVerb verb, Neighbour neighbour) => new(Check(verb), neighbour);

    /// <summary>A change of a forwarding entry.</summary>
    public static RouteChange Of(ChangeVerb verb, ForwardingEntry entry) => new(verb, entry);

    /// <summary>A change of an address.</summary>
    public static RouteChange Of(ChangeVerb verb, InterfaceAddress address) => new(Check(verb), address);

    /// <summary>A change of a rule: added or deleted, the kernel replaces none.</summary>
    public static RouteChange Of(ChangeVerb verb, RoutingRule rule) =>
        verb is ChangeVerb.Add or ChangeVerb.Delete ? new(verb, rule) : throw new ArgumentException($"a rule cannot be told to {verb}", nameof(verb));

    /// <summary>"replace 10.200.1.0/24 via 10.240.0.21".</summary>
    public override string ToString() => $"{Verb switch { ChangeVerb.Add => "add", ChangeVerb.Replace => "replace", ChangeVerb.Append => "append", _ => "delete" }} {Subject}";

    internal void Write(ref NetlinkMessageWriter writer)
    {
        NetlinkFlags flags = Verb switch
        {
            ChangeVerb.Add => NetlinkFlags.Create | NetlinkFlags.Exclusive,
            ChangeVerb.Replace => NetlinkFlags.Create | NetlinkFlags.Replace,
            ChangeVerb.Append => NetlinkFlags.Create | NetlinkFlags.Append,
            _ => NetlinkFlags.None,
        };
        bool delete = Verb == ChangeVerb.Delete;
        switch (Subject)
        {
            case RouteEntry route:
                RouteMessages.Write(ref writer, delete ? RouteMessageType.DeleteRoute : RouteMessageType.NewRoute, flags, route);
                break;
            case Neighbour neighbour:
                NeighbourMessages.Write(ref writer, delete ? RouteMessageType.DeleteNeighbour : RouteMessageType.NewNeighbour, flags, neighbour);
                break;
            case ForwardingEntry entry:
                NeighbourMessages.Write(ref writer, delete ? RouteMessageType.DeleteNeighbour : RouteMessageType.NewNeighbour, flags, entry);
                break;
            case InterfaceAddress address:
                AddressMessages.Write(ref writer, delete ? RouteMessageType.DeleteAddress : RouteMessageType.NewAddress, flags, address);
                break;
            case RoutingRule rule:
                RuleMessages.Write(ref writer, delete ? RouteMessageType.DeleteRule : RouteMessageType.NewRule, flags, rule);
                break;
        }
    }

    /// <summary>Deleting what is gone, or whose link is gone, is done.</summary>
    internal bool Accepts(Errno error) => Verb == ChangeVerb.Delete && error == Errno.NoDevice
        || Verb == ChangeVerb.Delete && error == Subject switch
        {
            RouteEntry => Errno.NoSuchProcess,
            InterfaceAddress => Errno.AddressNotAvailable,
            _ => Errno.NotFound,
        };

    private static ChangeVerb Check(ChangeVerb verb) =>
        verb != ChangeVerb.Append ? verb : throw new ArgumentException("only forwarding entries are appended", nameof(verb));
}

/// <summary>A change that the kernel refused.</summary>
/// <param name="Change">Which.</param>
/// <param name="Answer">Why.</param>
public sealed record RouteChangeFailure(RouteChange Change, NetlinkAnswer Answer)
{
    /// <summary>The exception that says so.</summary>
    public NetlinkException ToException() => Answer.ToException(Change.ToString());
}

public sealed partial class RouteNetlink
{
    private const int BatchBytes = 512 * 1024;

    /// <summary>
    /// Makes many changes, in order, thousands with one call to the kernel, which goes on after one that it refuses. Gives those that were refused; none when all is as wanted.
    /// </summary>
    /// <exception cref="KernelException">The kernel could not be spoken to at all.</exception>
    public IReadOnlyList<RouteChangeFailure> Apply(IReadOnlyCollection<RouteChange> changes)
    {
        List<RouteChangeFailure> failures = [];
        List<RouteChange> sent = new(changes.Count);
        NetlinkMessageWriter writer = new(stackalloc byte[1024]);
        try
        {
            foreach (RouteChange change in changes)
            {
                change.Write(ref writer);
                sent.Add(change);
                if (writer.Length > BatchBytes)
                {
                    Flush(ref writer, sent, failures);
                }
            }

            Flush(ref writer, sent, failures);
            return failures;
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Flush(ref NetlinkMessageWriter writer, List<RouteChange> sent, List<RouteChangeFailure> failures)
    {
        foreach (NetlinkBatchError error in _socket.Batch(writer))
        {
            if (!sent[error.Index].Accepts(error.Answer.Error))
            {
                failures.Add(new RouteChangeFailure(sent[error.Index], error.Answer));
            }
        }

        writer.Clear();
        sent.Clear();
    }
}
