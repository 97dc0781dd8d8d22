using System.CommandLine;
using Fairlead.Cli.Output;
using Fairlead.Lab.Fabric;
using Fairlead.Lab.Faults;
using Spectre.Console;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab fault …</c>: breaks a lab on purpose, and mends it.</summary>
internal static class LabFaultCommand
{
    private static readonly Argument<string> s_host = new("host") { Description = "worker-0, controller-0, client …" };

    public static Command Create() => new("fault", "Break something of a lab on purpose; each fault has a number, and is undone by 'clear' or after --for.")
    {
        Lasting("cut", "Pull a host's cable.", parsed => new CutFault(parsed.GetValue(s_host)!), s_host),
        Partition(),
        Lasting("stop", "Take a node's power away: processes, pods and all that its kernel held are gone; 'clear' boots it.", parsed => new StopFault(parsed.GetValue(s_host)!), s_host),
        Restart(),
        Bandwidth(),
        Mtu(),
        Drop(),
        Lasting("checksum", "Let a host send TCP and UDP with wrong checksums, as a broken offload does.", parsed => new ChecksumFault(parsed.GetValue(s_host)!), s_host),
        Firewall(),
        Flush(),
        Conntrack(),
        List(),
        Clear(),
        Keep(),
    };

    private static Command Partition()
    {
        Argument<string> left = new("left") { Description = "Hosts, separated by commas." };
        Argument<string> right = new("right") { Description = "Hosts, separated by commas, that those on the left shall not reach, nor they them." };
        return Lasting("partition", "Let two groups of hosts not reach each other.", parsed => new PartitionFault(Hosts(parsed.GetValue(left)!), Hosts(parsed.GetValue(right)!)), left, right);

        static string[] Hosts(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static Command Bandwidth()
    {
        Argument<long> rate = Quantities.Argument<long>("rate", "Bits a second: 512kbit, 10mbit, 1gbit.", Quantities.TryBitsPerSecond);
        Option<Choice<Direction>> direction = DirectionOption();
        return Lasting("bandwidth", "Make a host's line slow.", parsed => new BandwidthFault(parsed.GetValue(s_host)!, parsed.GetValue(rate), parsed.GetValue(direction)), s_host, rate, direction);
    }

    private static Command Mtu()
    {
        Argument<int> bytes = new("bytes") { Description = "The MTU." };
        Option<bool> hostKnows = new("--host-knows") { Description = "Shrink the host's own link, so that its kernel can tell senders; without it the wire swallows what is too long." };
        return Lasting("mtu", "Let a host's wire carry less than it believes.", parsed => new MtuFault(parsed.GetValue(s_host)!, parsed.GetValue(bytes), parsed.GetValue(hostKnows)), s_host, bytes, hostKnows);
    }

    private static Command Drop()
    {
        Argument<int> share = Quantities.Argument<int>("share", "A share of the frames, 0.1% to 100%: 10%, 0.5%.", Quantities.TryPerThousand);
        Option<Choice<Direction>> direction = DirectionOption();
        return Lasting("drop", "Lose a share of a host's frames, at random.", parsed => new DropFault(parsed.GetValue(s_host)!, parsed.GetValue(share), parsed.GetValue(direction)), s_host, share, direction);
    }

    private static Command Firewall()
    {
        Option<bool> drop = new("--drop") { Description = "Drop silently instead of refusing." };
        return Lasting("firewall", "Put a firewall between a node's pods and all others, as installing firewalld does.", parsed => new FirewallFault(parsed.GetValue(s_host)!, parsed.GetValue(drop)), s_host, drop);
    }

    private static Command Flush()
    {
        Option<string> name = LabCommand.NameOption();
        Command command = new("flush", "Flush all rules of a host once, as 'nft flush ruleset' does; the agent has to repair its own.") { s_host, name };
        command.SetAction(parsed =>
        {
            IReadOnlyList<string> tables = FirewallFault.Flush(RunningLab.Open(parsed.GetValue(name)!).Topology, parsed.GetValue(s_host)!);
            Console.WriteLine(tables.Count == 0 ? "There was no table to flush." : $"Flushed {string.Join(", ", tables)}.");
            return 0;
        });
        return command;
    }

    private static Command Conntrack()
    {
        Option<int> free = new("--free") { Description = "How many entries stay free." };
        return Lasting("conntrack", "Fill a node's table of connections, so that nothing new gets through.", parsed => new ConntrackFault(parsed.GetValue(s_host)!, parsed.GetValue(free)), s_host, free);
    }

    private static Command Restart()
    {
        Option<string> name = LabCommand.NameOption();
        Command command = new("restart", "Take a node's power away and give it back.") { s_host, name };
        command.SetAction(parsed =>
        {
            Faults(parsed.GetValue(name)!).Restart(parsed.GetValue(s_host)!);
            Console.WriteLine($"{parsed.GetValue(s_host)} was restarted.");
            return 0;
        });
        return command;
    }

    private static Command List()
    {
        Option<string> name = LabCommand.NameOption();
        Command command = new("list", "The faults that last.") { name };
        command.SetAction(parsed =>
        {
            IReadOnlyList<FaultRecord> records = Faults(parsed.GetValue(name)!).List();
            if (records.Count == 0)
            {
                Console.WriteLine("Nothing is broken on purpose.");
                return 0;
            }

            Table table = Tables.New("ID", "Fault", "Since", "Ends in");
            foreach (FaultRecord record in records)
            {
                table.AddRow($"{record.Id}", Markup.Escape(record.Fault.Text), $"{record.Since.ToLocalTime():HH:mm:ss}", record.Until is { } until ? StepPrinter.Duration(until - TimeProvider.System.GetUtcNow()) : "");
            }

            Tables.Write(table);
            return 0;
        });
        return command;
    }

    private static Command Clear()
    {
        Option<string> name = LabCommand.NameOption();
        Argument<string> which = new("id") { Description = "The fault's number, or all.", DefaultValueFactory = _ => "all" };
        Command command = new("clear", "Undo a fault, or all of them.") { which, name };
        command.SetAction(parsed =>
        {
            string text = parsed.GetValue(which)!;
            LabFaults faults = Faults(parsed.GetValue(name)!);
            if (text != "all" && !faults.List().Any(record => $"{record.Id}" == text))
            {
                throw new LabException($"there is no fault '{text}'; 'fairlead lab fault list' shows those there are, 'all' means all of them.");
            }

            foreach (FaultRecord ended in faults.Clear(record => text == "all" || $"{record.Id}" == text))
            {
                Console.WriteLine($"Fault {ended.Id} ({ended.Fault.Text}) is undone.");
            }

            return 0;
        });
        return command;
    }

    /// <summary>What the lab starts when a fault has an end. Not for people, so it is not listed.</summary>
    private static Command Keep()
    {
        Option<string> name = LabCommand.NameOption();
        Command command = new("keep", "End faults when their time has come.") { name };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => Daemons.RunAsync(
            token => FaultKeeper.RunAsync(Faults(parsed.GetValue(name)!), Console.WriteLine, TimeProvider.System, token), cancellationToken));
        return command;
    }

    /// <summary>A fault that lasts until it is cleared or its time is over.</summary>
    private static Command Lasting(string verb, string description, Func<ParseResult, Fault> create, params IEnumerable<Symbol> symbols)
    {
        Option<string> name = LabCommand.NameOption();
        Option<TimeSpan?> duration = Quantities.Option<TimeSpan?>("--for", "How long, then it undoes itself: 500ms, 30s, 5m, 1h.", Quantities.TryDuration);
        Command command = new(verb, description) { name, duration };
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Arguments.Add(argument);
            }
            else if (symbol is Option option)
            {
                command.Options.Add(option);
            }
        }

        command.SetAction(parsed =>
        {
            RunningLab lab = RunningLab.Open(parsed.GetValue(name)!);
            FaultRecord record = new LabFaults(lab, TimeProvider.System).Begin(create(parsed), parsed.GetValue(duration));
            if (record.Until is not null)
            {
                FaultKeeper.Require(lab);
            }

            Console.WriteLine($"Fault {record.Id}: {record.Fault.Text}{(record.Until is { } until ? $", until {until.ToLocalTime():HH:mm:ss}" : $". 'fairlead lab fault clear {record.Id}{NameOption(lab)}' undoes it")}.");
            return 0;
        });
        return command;
    }

    private static Option<Choice<Direction>> DirectionOption() => Choice.Option("--direction", "What the host sends (out), receives (in), or both.", Direction.Both);

    private static string NameOption(RunningLab lab) => lab.Topology.Name == new LabOptions().Name ? "" : $" --name {lab.Topology.Name}";

    private static LabFaults Faults(string lab) => new(RunningLab.Open(lab), TimeProvider.System);
}
