using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

public sealed partial class RouteNetlink
{
    /// <summary>Adds a queueing discipline; false where something other than the default hangs there.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool AddDiscipline(QueueingDiscipline discipline) =>
        Done(Send(RouteMessageType.NewQueueingDiscipline, NetlinkFlags.Create | NetlinkFlags.Exclusive, discipline), Errno.Exists, "add", discipline);

    /// <summary>Adds a queueing discipline, or puts it in the place of what hangs there.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void ReplaceDiscipline(QueueingDiscipline discipline) =>
        Send(RouteMessageType.NewQueueingDiscipline, NetlinkFlags.Create | NetlinkFlags.Replace, discipline).ThrowIfFailed($"replace {discipline}");

    /// <summary>Takes a queueing discipline away, and its classes and filters with it; false where only the default hangs there, or nothing.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool DeleteDiscipline(QueueingDiscipline discipline) =>
        DoneTraffic(Send(RouteMessageType.DeleteQueueingDiscipline, NetlinkFlags.None, discipline), "delete", discipline);

    /// <summary>The queueing disciplines of a link.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<QueueingDiscipline> ListDisciplines(int linkIndex)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        TrafficMessages.WriteList(ref request, RouteMessageType.GetQueueingDiscipline, linkIndex, default);
        _socket.Dump<QueueingDiscipline>(request, TrafficMessages.Collect, out List<QueueingDiscipline> disciplines).ThrowIfFailed("list queueing disciplines");

        // The kernel lists those of all links, whichever is asked for.
        disciplines.RemoveAll(discipline => discipline.LinkIndex != linkIndex);
        return disciplines;
    }

    /// <summary>Adds a class; false where there is one with this handle.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool AddClass(TrafficClass traffic) =>
        Done(Send(RouteMessageType.NewTrafficClass, NetlinkFlags.Create | NetlinkFlags.Exclusive, traffic), Errno.Exists, "add class", traffic);

    /// <summary>Adds a class, or changes the one with this handle.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void ReplaceClass(TrafficClass traffic) =>
        Send(RouteMessageType.NewTrafficClass, NetlinkFlags.Create | NetlinkFlags.Replace, traffic).ThrowIfFailed($"replace class {traffic}");

    /// <summary>Deletes a class; false where there is none.</summary>
    /// <exception cref="NetlinkException">The kernel refused: <see cref="Errno.Busy"/> while a filter leads to it.</exception>
    public bool DeleteClass(TrafficClass traffic) => DoneTraffic(Send(RouteMessageType.DeleteTrafficClass, NetlinkFlags.None, traffic), "delete class", traffic);

    /// <summary>The classes of a link.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<TrafficClass> ListClasses(int linkIndex)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        TrafficMessages.WriteList(ref request, RouteMessageType.GetTrafficClass, linkIndex, default);
        _socket.Dump<TrafficClass>(request, TrafficMessages.Collect, out List<TrafficClass> classes).ThrowIfFailed("list traffic classes");
        return classes;
    }

    /// <summary>Adds a filter behind those with its priority.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void AddFilter(TrafficFilter filter) =>
        Send(RouteMessageType.NewTrafficFilter, NetlinkFlags.Create | NetlinkFlags.Exclusive, filter).ThrowIfFailed($"add {filter}");

    /// <summary>Deletes all filters with this priority, protocol and kind; false where there are none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool DeleteFilter(TrafficFilter filter) => DoneTraffic(Send(RouteMessageType.DeleteTrafficFilter, NetlinkFlags.None, filter), "delete", filter);

    /// <summary>The filters that hang at a parent, of the kinds u32 and matchall.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<TrafficFilter> ListFilters(int linkIndex, TrafficHandle parent)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        TrafficMessages.WriteList(ref request, RouteMessageType.GetTrafficFilter, linkIndex, parent);
        _socket.Dump<TrafficFilter>(request, TrafficMessages.Collect, out List<TrafficFilter> filters).ThrowIfFailed("list traffic filters");
        return filters;
    }

    /// <summary>Traffic control says that something is missing in three ways: no such file, no such handle ("invalid argument"), and that the parent isn't there.</summary>
    private static bool DoneTraffic(NetlinkAnswer answer, string verb, object subject) =>
        answer.Error is Errno.InvalidArgument or Errno.NoDevice ? false : Done(answer, Errno.NotFound, verb, subject);

    private NetlinkAnswer Send(ushort type, NetlinkFlags flags, QueueingDiscipline discipline)
    {
        NetlinkMessageWriter request = new(stackalloc byte[256]);
        TrafficMessages.Write(ref request, type, flags, discipline);
        return _socket.Request(request);
    }

    private NetlinkAnswer Send(ushort type, NetlinkFlags flags, TrafficClass traffic)
    {
        NetlinkMessageWriter request = new(stackalloc byte[256]);
        TrafficMessages.Write(ref request, type, flags, traffic);
        return _socket.Request(request);
    }

    private NetlinkAnswer Send(ushort type, NetlinkFlags flags, TrafficFilter filter)
    {
        NetlinkMessageWriter request = new(stackalloc byte[512]);
        TrafficMessages.Write(ref request, type, flags, filter);
        NetlinkAnswer answer = _socket.Request(request);
        request.Dispose();
        return answer;
    }
}
