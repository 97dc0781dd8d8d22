using System.Text.RegularExpressions;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>Everything of the machine that a lab could leave behind or change, as lines that can be compared. What belongs to another lab, by its name, is left out.</summary>
internal sealed partial class MachineState
{
    private readonly SortedSet<string> _lines = new(StringComparer.Ordinal);
    private readonly string _lab;

    private MachineState(string lab) => _lab = lab;

    /// <param name="lab">The lab that is asked about.</param>
    public static MachineState Read(string lab)
    {
        var state = new MachineState(lab);
        state.AddLines("link", Commands.Require("ip", "-o", "link"), line => Regex.Match(line, @"^\d+: [^:]+").Value);
        state.AddLines("address", Commands.Require("ip", "-o", "address"), line => Regex.Replace(line, @"valid_lft.*", ""));
        state.AddLines("route", Commands.Require("ip", "route", "show", "table", "all"));
        state.AddLines("route6", Commands.Require("ip", "-6", "route", "show", "table", "all"));
        state.AddLines("rule", Commands.Require("ip", "rule"));
        state.AddLines("nft", Commands.Require("nft", "list", "ruleset"));
        state.AddLines("mount", File.ReadAllText("/proc/self/mountinfo"), line => string.Join(' ', line.Split(' ')[4..]));
        state.AddTree("file", "/var/lib/fairlead");
        state.AddTree("file", "/etc/cni");
        state.AddTree("file", "/var/lib/cni");
        state.AddTree("file", "/run/netns");
        state.AddTree("file", "/run/fairlead");
        state.AddTree("file", "/run/crun");
        foreach (string hierarchy in Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
        {
            state.AddTree("cgroup", Path.Combine(hierarchy, "fairlead"), directoriesOnly: true);
        }

        foreach (string process in Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            state.AddProcess(process);
        }

        foreach (string file in Directory.GetFiles("/proc/sys/net/ipv4").Concat(Directory.GetFiles("/proc/sys/net/ipv4/conf/all")).Concat(Directory.GetFiles("/proc/sys/net/bridge")))
        {
            state.AddSysctl(file);
        }

        return state;
    }

    /// <summary>
    /// What is here and was not there (+), what was there and is gone (-). A group of all labs that was there, empty, before the first one may go
    /// with the last; one that is left is told.
    /// </summary>
    public IReadOnlyList<string> Since(MachineState earlier) =>
        [.. _lines.Except(earlier._lines).Select(line => "+ " + line), .. earlier._lines.Except(_lines).Where(line => !IsGroupOfAllLabs(line)).Select(line => "- " + line)];

    private static bool IsGroupOfAllLabs(string line) => Regex.IsMatch(line, "^cgroup /sys/fs/cgroup/([^/]+/)?fairlead$");

    private void AddLines(string kind, string text, Func<string, string>? select = null)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Add($"{kind} {(select is null ? line.Trim() : select(line))}");
        }
    }

    private void Add(string line)
    {
        bool othersNamespace = Regex.IsMatch(line, @"/run/netns/(?!fl-)");
        if (!othersNamespace && !LabNamed().Matches(line).Any(match => match.Groups[1].Value != _lab && !match.Groups[1].Value.StartsWith(_lab + "-", StringComparison.Ordinal)))
        {
            _lines.Add(line);
        }
    }

    /// <summary>A lab's name as its files, groups, namespaces and command lines carry it; of a namespace also what follows.</summary>
    [GeneratedRegex(@"(?:--name |--lab |/fairlead/labs/|/fl-|:/fairlead/|/cgroup/(?:[a-z_,]+/)?fairlead/)([a-z0-9][a-z0-9-]*)")]
    private static partial Regex LabNamed();

    private void AddTree(string kind, string directory, bool directoriesOnly = false)
    {
        if (Directory.Exists(directory))
        {
            Add($"{kind} {directory}");
            foreach (string entry in directoriesOnly ? Directory.GetDirectories(directory, "*", SearchOption.AllDirectories) : Directory.GetFileSystemEntries(directory, "*", SearchOption.AllDirectories))
            {
                Add($"{kind} {entry}");
            }
        }
    }

    /// <summary>Only what a lab runs: other programs of the machine come and go.</summary>
    private void AddProcess(string directory)
    {
        try
        {
            string command = File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' ');
            if (Regex.IsMatch(command, @"out/bin/fairlead|net10.0/fairlead|conmon|crun|^pause|/pause"))
            {
                string group = File.ReadLines(Path.Combine(directory, "cgroup")).FirstOrDefault(line => line.Contains("/fairlead/", StringComparison.Ordinal)) ?? "";
                string line = $"process {Path.GetFileName(directory)} {command}{group}";
                if (LabNamed().IsMatch(line))
                {
                    Add(line);
                }
            }
        }
        catch (IOException)
        {
            // It ended while we looked.
        }
    }

    private void AddSysctl(string file)
    {
        try
        {
            _lines.Add($"sysctl {file} {File.ReadAllText(file).Trim()}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Some can only be written.
        }
    }
}
