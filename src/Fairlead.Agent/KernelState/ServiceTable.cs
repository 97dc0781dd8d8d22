using System.Diagnostics;
using Fairlead.Agent.Telemetry;
using Fairlead.Kernel.NfTables;
using Fairlead.Network.Layout;

namespace Fairlead.Agent.KernelState;

/// <summary>The node's table in nf_tables: reads it, and commits what must change.</summary>
internal sealed class ServiceTable : IDisposable
{
    private readonly NfTablesClient client = NfTablesClient.Open();

    /// <summary>The port by which notifications name our own changes.</summary>
    public uint PortId => client.PortId;

    /// <summary>Counts the transactions of all in this namespace.</summary>
    public uint Generation => client.GetGeneration().Id;

    /// <summary>Looks for other programs' rules in pods' way.</summary>
    public ForwardCheck CheckForward(NodeProblems problems) => new(client, problems);

    /// <summary>What the kernel holds under our name; null if nothing.</summary>
    public Ruleset? Read() => client.ListRuleset(KernelNames.Table);

    /// <summary>Commits a transaction and says how long the kernel took.</summary>
    public TimeSpan Commit(Transaction transaction)
    {
        if (transaction.IsEmpty)
        {
            return TimeSpan.Zero;
        }

        long started = Stopwatch.GetTimestamp();
        client.Commit(transaction);
        return Stopwatch.GetElapsedTime(started);
    }

    public void Dispose() => client.Dispose();
}
