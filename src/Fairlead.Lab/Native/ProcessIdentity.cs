using System.Globalization;

namespace Fairlead.Lab.Native;

/// <summary>A process that is remembered across restarts: its id alone may have been given to somebody else since.</summary>
/// <param name="Pid">The process id in the machine's pid namespace.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot: field 22 of <c>/proc/PID/stat</c> (proc(5)).</param>
internal readonly record struct ProcessIdentity(int Pid, long StartTicks)
{
    /// <summary>Reads who <paramref name="pid"/> is now; null when there is no such process or it is a zombie.</summary>
    public static ProcessIdentity? Of(int pid)
    {
        if (pid <= 0)
        {
            return null;
        }

        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            return null;
        }

        // The command in parentheses may itself hold spaces and parentheses.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : new ProcessIdentity(pid, long.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    /// <summary>Whether this very process still runs.</summary>
    public bool IsAlive => Of(Pid) is { } now && now.StartTicks == StartTicks;

    /// <summary>Sends a signal (signal(7)) unless the process is gone.</summary>
    public bool Signal(int signal) => IsAlive && LibC.Kill(Pid, signal) == 0;
}
