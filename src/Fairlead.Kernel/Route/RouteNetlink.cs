using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>
/// rtnetlink(7): links, addresses, routes, rules, neighbours, forwarding entries and queueing disciplines of one network namespace, that of the thread
/// which opened it: <c>using RouteNetlink pod = podNamespace.Run(RouteNetlink.Open)</c>. Any thread may use it afterwards.
/// </summary>
/// <remarks>
/// What exists already on adding, and what is missing on deleting, is answered with false; every other refusal is a <see cref="NetlinkException"/> with the kernel's
/// own sentence. Nothing is looked up behind the caller's back: a method is one request unless it says otherwise.
/// </remarks>
public sealed partial class RouteNetlink : IDisposable
{
    private readonly NetlinkSocket _socket;

    private RouteNetlink(NetlinkSocket socket)
    {
        _socket = socket;
    }

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    /// <exception cref="KernelException">There are too many descriptors.</exception>
    public static RouteNetlink Open() => new(NetlinkSocket.Open(NetlinkProtocol.Route));

    /// <summary>Opens a socket in a namespace, from outside.</summary>
    /// <exception cref="KernelException">The namespace could not be entered.</exception>
    public static RouteNetlink Open(NetworkNamespace networkNamespace) => networkNamespace.Run(Open);

    /// <summary>The port by which notifications name this socket as the author of a change.</summary>
    public uint PortId => _socket.PortId;

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _socket.Dispose();

    /// <summary>True when done, false for the one refusal that is an ordinary answer, otherwise throws.</summary>
    private static bool Done(NetlinkAnswer answer, Errno ordinary, string verb, object subject)
    {
        if (answer.Succeeded)
        {
            return true;
        }

        return answer.Error == ordinary ? false : throw answer.ToException($"{verb} {subject}");
    }
}
