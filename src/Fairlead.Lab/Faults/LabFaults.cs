using Fairlead.Kernel;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>The faults of a running lab: begins, lists and ends them.</summary>
public sealed class LabFaults(RunningLab lab, TimeProvider time)
{
    private readonly FaultStore _store = new(lab.Paths);

    /// <summary>Those that last, in the order in which they began.</summary>
    public IReadOnlyList<FaultRecord> List() => _store.List();

    /// <summary>Begins a fault; one that lasts already is left as it is, and gets the new time at which it ends. It is written down before it is done: whatever happens then, it can be undone.</summary>
    /// <param name="fault">What to do.</param>
    /// <param name="duration">How long; null: until it is cleared.</param>
    /// <exception cref="LabException">It doesn't fit the lab, or another one is in its way.</exception>
    public FaultRecord Begin(Fault fault, TimeSpan? duration)
    {
        fault.Validate(lab.Topology);
        using IDisposable held = _store.Lock();
        IReadOnlyList<FaultRecord> present = _store.List();
        if (present.FirstOrDefault(other => other.Fault.GetType() == fault.GetType() && other.Fault.Place == fault.Place && other.Fault.Text != fault.Text) is { } rival)
        {
            throw new LabException($"{fault.Text}: fault {rival.Id} ({rival.Fault.Text}) is in its way. 'fairlead lab fault clear {rival.Id}{NameOption}' ends it.");
        }

        FaultRecord record = present.FirstOrDefault(other => other.Fault.Text == fault.Text)
            ?? new FaultRecord { Id = present.Count == 0 ? 1 : present.Max(other => other.Id) + 1, Fault = fault, Since = time.GetUtcNow() };
        record = record with { Until = duration is null ? null : time.GetUtcNow() + duration };
        _store.Save(record);
        FaultScene scene = Scene(record);
        try
        {
            fault.Apply(scene);
        }
        catch (Exception exception) when (exception is KernelException or LabException)
        {
            fault.Undo(scene);
            _store.Delete(record);
            throw exception as LabException ?? new LabException($"{fault.Text}: {exception.Message}", exception);
        }

        return scene.Record;
    }

    /// <summary>Ends faults, the latest first, and gives those that were ended.</summary>
    /// <param name="which">Which of them.</param>
    /// <exception cref="LabException">One can't be undone; those before it are.</exception>
    public IReadOnlyList<FaultRecord> Clear(Func<FaultRecord, bool> which)
    {
        using IDisposable held = _store.Lock();
        IReadOnlyList<FaultRecord> ending = [.. _store.List().Where(which).Reverse()];
        foreach (FaultRecord record in ending)
        {
            try
            {
                record.Fault.Undo(Scene(record));
            }
            catch (KernelException exception)
            {
                throw new LabException($"fault {record.Id} ({record.Fault.Text}) can't be undone: {exception.Message}", exception);
            }

            _store.Delete(record);
            if (record.Fault is StopFault stopped)
            {
                AfterPowerOn(stopped.Host);
            }
        }

        return ending;
    }

    /// <summary>Ends those whose time has come.</summary>
    public IReadOnlyList<FaultRecord> ClearDue()
    {
        DateTimeOffset now = time.GetUtcNow();
        return _store.List().Any(record => record.Until <= now) ? Clear(record => record.Until <= now) : [];
    }

    /// <summary>Takes a host's power away and gives it back.</summary>
    /// <exception cref="LabException">It is the router, or no host of the lab.</exception>
    public void Restart(string host)
    {
        var stop = new StopFault(host);
        stop.Validate(lab.Topology);
        using IDisposable held = _store.Lock();
        var power = new HostPower(lab.Topology, lab.Paths);
        power.Off(lab.Topology.Host(host));
        power.On(lab.Topology.Host(host));
        foreach (FaultRecord ended in _store.List().Where(record => record.Fault.Text == stop.Text))
        {
            _store.Delete(ended);
        }

        AfterPowerOn(host);
    }

    /// <summary>A host that comes back has a new wire, with the faults of the old one, and a memory without those of the old one.</summary>
    private void AfterPowerOn(string host)
    {
        foreach (FaultRecord record in _store.List())
        {
            if (record.Fault.OutlastsStopOf(host))
            {
                record.Fault.Apply(Scene(record));
            }
            else
            {
                _store.Delete(record);
            }
        }
    }

    private string NameOption => lab.Topology.Name == new LabOptions().Name ? "" : $" --name {lab.Topology.Name}";

    private FaultScene Scene(FaultRecord record) => new(lab.Topology, lab.Paths, record, _store.Save);
}
