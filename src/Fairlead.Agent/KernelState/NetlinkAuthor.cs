using System.Globalization;

namespace Fairlead.Agent.KernelState;

/// <summary>Who made a change, as far as its notification tells: the port of a netlink socket.</summary>
internal static class NetlinkAuthor
{
    /// <summary>
    /// The kernel gives a process's first socket the number of the process as its port. Where such a process is there still, it is named; later sockets of a
    /// process have large numbers that mean nothing.
    /// </summary>
    public static string Name(uint port)
    {
        string number = port.ToString(CultureInfo.InvariantCulture);
        if (port > int.MaxValue)
        {
            return $"netlink socket {number}";
        }

        try
        {
            return $"{File.ReadAllText($"/proc/{number}/comm").TrimEnd('\n')} (process {number})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"process {number}, which is gone";
        }
    }
}
