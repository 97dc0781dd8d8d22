using System.CommandLine;
using Fairlead.Cli.Output;
using Fairlead.Lab.Fabric;
using Spectre.Console;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab …</c>: a cluster of network namespaces on this machine.</summary>
internal static class LabCommand
{
    public static Command Create() => new("lab", "A cluster on this machine: nodes are network namespaces, packets are real.")
    {
        LabUpCommand.Create(),
        Down(),
        List(),
        Status(),
        Start(),
        Exec(),
        Logs(),
        Kubeconfig(),
        LabFaultCommand.Create(),
        LabLoadCommand.Create(),
        LabDockerCommand.Create(),
        LabDemoCommand.Create(),
        LabNodeCommand.Create(),
        LabServeHttpCommand.Create(),
        LabCloudRoutesCommand.Create(),
    };

    public static Option<string> NameOption() => new("--name") { Description = "The lab's name.", DefaultValueFactory = _ => new LabOptions().Name };

    public static Option<int> NodesOption() => new("--nodes") { Description = "Number of worker nodes.", DefaultValueFactory = _ => new LabOptions().Workers };

    private static Command Down()
    {
        Option<string> name = NameOption();
        Option<bool> all = new("--all") { Description = "Take every lab of this machine down." };
        Command command = new("down", "Take a lab down: no namespace, link, process, mount, cgroup or file of it is left.") { name, all };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            IReadOnlyList<string> names = parsed.GetValue(all) ? LabPaths.LabNames() : [parsed.GetValue(name)!];
            foreach (string lab in names)
            {
                bool wasThere = await LabSweeper.DownAsync(lab, cancellationToken).ConfigureAwait(false);
                Console.WriteLine(wasThere ? $"Lab {lab} is down; nothing of it is left." : $"There was no lab {lab}.");
            }

            return 0;
        });
        return command;
    }

    private static Command List()
    {
        Option<Choice<Tables.Format>> format = Tables.FormatOption();
        Command command = new("list", "The labs of this machine.") { format };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(format) == Tables.Format.Json)
            {
                Tables.WriteJson(LabReport.List());
                return 0;
            }

            Table table = Tables.New("Name", "Nodes", "Processes", "Kubeconfig");
            foreach (string name in LabPaths.LabNames())
            {
                var paths = new LabPaths(name);
                string nodes = File.Exists(paths.Definition) ? $"{LabDefinition.Read(name).Workers}" : "unknown";
                table.AddRow(name, nodes, $"{LabCgroup.Of(name).Processes().Count}", paths.Kubeconfig);
            }

            if (table.Rows.Count == 0)
            {
                Console.WriteLine("No lab is up. 'fairlead lab up' makes one.");
                return 0;
            }

            Tables.Write(table);
            return 0;
        });
        return command;
    }

    private static Command Status()
    {
        Option<string> name = NameOption();
        Option<Choice<Tables.Format>> format = Tables.FormatOption();
        Command command = new("status", "The hosts of a lab, their processes and memory.") { name, format };
        command.SetAction(parsed =>
        {
            RunningLab lab = RunningLab.Open(parsed.GetValue(name)!);
            if (parsed.GetValue(format) == Tables.Format.Json)
            {
                Tables.WriteJson(LabReport.Of(lab));
                return 0;
            }

            Table table = Tables.New("Host", "Namespace", "Address", "Public", "Pod CIDR", "Process", "PID", "Memory", "Log");
            foreach (HostStatus host in lab.Status())
            {
                bool first = true;
                foreach (DaemonStatus daemon in host.Daemons.DefaultIfEmpty(DaemonStatus.None))
                {
                    table.AddRow(
                        first ? host.Host.Name : "",
                        first ? host.Host.Namespace : "",
                        first ? string.Join(", ", host.Host.Addresses) : "",
                        first ? string.Join(", ", host.Host.PublicAddresses) : "",
                        first ? string.Join(", ", host.Host.PodCidrs) : "",
                        daemon.Name,
                        daemon.ProcessId is int id ? $"{id}" : daemon == DaemonStatus.None ? "" : "[red]ended[/]",
                        daemon.ProportionalBytes is long bytes ? $"{bytes / 1024.0 / 1024.0:F1} MiB" : "",
                        daemon.LogFile);
                    first = false;
                }
            }

            Tables.Write(table);
            return 0;
        });
        return command;
    }

    private static Command Start()
    {
        Option<string> name = NameOption();
        Argument<string> host = new("host") { Description = "controller-0, worker-0 …" };
        Command command = new("start", "Start the processes of a host that have ended, with the arguments that they had.") { name, host };
        command.SetAction(parsed =>
        {
            foreach (string started in RunningLab.Open(parsed.GetValue(name)!).Start(parsed.GetValue(host)!))
            {
                Console.WriteLine(started);
            }

            return 0;
        });
        return command;
    }

    private static Command Exec()
    {
        Option<string> name = NameOption();
        Argument<string> host = new("host") { Description = "router, controller-0, worker-0, client, internet …" };
        Argument<string[]> program = new("command") { Description = "The program and its arguments, after --.", Arity = ArgumentArity.OneOrMore };
        Command command = new("exec", "Run a program on a host of the lab, in all of its namespaces.") { name, host, program };
        command.SetAction(parsed =>
        {
            RunningLab.Open(parsed.GetValue(name)!).Execute(parsed.GetValue(host)!, parsed.GetValue(program)!);
            return 0;
        });
        return command;
    }

    private static Command Logs()
    {
        Option<string> name = NameOption();
        Argument<string> host = new("host") { Description = "controller-0, worker-0 …" };
        Command command = new("logs", "What the processes of a host printed.") { name, host };
        command.SetAction(parsed =>
        {
            RunningLab lab = RunningLab.Open(parsed.GetValue(name)!);
            string hostName = lab.Topology.Host(parsed.GetValue(host)!).Name;
            foreach (string file in Directory.GetFiles(lab.Paths.Logs, hostName + ".*.log").Order(StringComparer.Ordinal))
            {
                Console.WriteLine($"==> {file} <==");
                using FileStream log = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                log.CopyTo(Console.OpenStandardOutput());
            }

            return 0;
        });
        return command;
    }

    private static Command Kubeconfig()
    {
        Option<string> name = NameOption();
        Command command = new("kubeconfig", "Print the path of a lab's kubeconfig.") { name };
        command.SetAction(parsed =>
        {
            Console.WriteLine(RunningLab.Open(parsed.GetValue(name)!).Paths.Kubeconfig);
            return 0;
        });
        return command;
    }
}
