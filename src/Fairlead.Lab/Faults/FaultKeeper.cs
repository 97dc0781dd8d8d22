using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>A process of the lab that ends faults when their time has come, also when the command that began them is long gone. There is one only while a fault has such a time.</summary>
public static class FaultKeeper
{
    // How late it notices that a fault was given less time than it had.
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromSeconds(1);

    /// <summary>Runs until no fault is left that has an end.</summary>
    /// <param name="faults">The lab's faults.</param>
    /// <param name="report">Told what ended, and what could not be ended and is tried again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    public static async Task RunAsync(LabFaults faults, Action<string> report, TimeProvider time, CancellationToken cancellationToken)
    {
        while (faults.List().Min(record => record.Until) is { } next)
        {
            TimeSpan left = next - time.GetUtcNow();
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left < s_longestSleep ? left : s_longestSleep, time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                foreach (FaultRecord ended in faults.ClearDue())
                {
                    report($"fault {ended.Id} ({ended.Fault.Text}) ended");
                }
            }
            catch (LabException exception)
            {
                report(exception.Message);
                await Task.Delay(s_longestSleep, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Starts the process where there is none: in the machine's own namespaces, where those of a host that comes back have to be made.</summary>
    public static void Require(RunningLab lab)
    {
        LabCgroup cgroup = LabCgroup.Of(lab.Topology.Name, "fault-keeper");
        if (cgroup.Processes().Count == 0)
        {
            cgroup.Create();
            new Daemon
            {
                Command = [Environment.ProcessPath!, "lab", "fault", "keep", "--name", lab.Topology.Name],
                Cgroup = cgroup,
                LogFile = lab.Paths.Log("fault-keeper"),
            }.Start();
        }
    }
}
