using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>Writes a bundle's config.json (OCI runtime specification 1.0, config.md and config-linux.md).</summary>
internal static class OciConfiguration
{
    private static readonly string[] MaskedPaths =
    [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    ];

    private static readonly string[] ReadOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public static byte[] Write(ContainerLaunch launch)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        json.WriteString("ociVersion", "1.0.2");
        json.WritePropertyName("process");
        WriteProcess(json, launch, launch.Arguments, launch.Terminal);
        json.WriteStartObject("root");
        json.WriteString("path", launch.RootPath);
        json.WriteBoolean("readonly", launch.ReadOnlyRoot);
        json.WriteEndObject();
        WriteMounts(json, launch);
        WriteLinux(json, launch);
        json.WriteStartObject("annotations");
        foreach (var (name, value) in launch.Annotations)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>One more process for a container with the given config.json: its user, its environment, its rights, with a terminal or without.</summary>
    public static byte[] WriteProcess(byte[] configuration, IReadOnlyList<string> arguments, bool terminal)
    {
        var process = JsonNode.Parse(configuration)!["process"]!.AsObject();
        process["terminal"] = terminal;
        process["args"] = new JsonArray([.. arguments.Select(static a => (JsonNode)a)]);
        if (terminal)
        {
            process["env"]!.AsArray().Add((JsonNode)"TERM=xterm");
        }

        process.Remove("oomScoreAdj");
        ArrayBufferWriter<byte> buffer = new(1024);
        using Utf8JsonWriter json = new(buffer);
        process.WriteTo(json);
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteProcess(Utf8JsonWriter json, ContainerLaunch launch, IReadOnlyList<string> arguments, bool terminal)
    {
        json.WriteStartObject();
        json.WriteBoolean("terminal", terminal);
        json.WriteStartObject("user");
        json.WriteNumber("uid", launch.User);
        json.WriteNumber("gid", launch.Group);
        json.WriteStartArray("additionalGids");
        foreach (var group in launch.AdditionalGroups)
        {
            json.WriteNumberValue(group);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        WriteStrings(json, "args", arguments);
        WriteStrings(json, "env", launch.Environment);
        json.WriteString("cwd", launch.WorkingDirectory);
        json.WriteStartObject("capabilities");
        foreach (var set in (string[])["bounding", "effective", "permitted"])
        {
            // The effective and permitted sets of somebody who is not root start empty (capabilities(7)); the bounding set is what he may still gain.
            WriteStrings(json, set, set == "bounding" || launch.User == 0 ? launch.Capabilities : []);
        }

        json.WriteEndObject();
        json.WriteBoolean("noNewPrivileges", launch.NoNewPrivileges);
        if (launch.OomScoreAdjustment is { } adjustment)
        {
            json.WriteNumber("oomScoreAdj", adjustment);
        }

        json.WriteEndObject();
    }

    private static void WriteMounts(Utf8JsonWriter json, ContainerLaunch launch)
    {
        var system = launch.Privileged ? "rw" : "ro";
        IEnumerable<LaunchMount> standard =
        [
            new("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
            new("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            new("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            new("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
            new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", system]),
            new("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", system]),
        ];
        json.WriteStartArray("mounts");
        foreach (var mount in standard.Concat(launch.Mounts))
        {
            json.WriteStartObject();
            json.WriteString("destination", mount.Destination);
            json.WriteString("type", mount.Type);
            json.WriteString("source", mount.Source);
            WriteStrings(json, "options", mount.Options);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLinux(Utf8JsonWriter json, ContainerLaunch launch)
    {
        json.WriteStartObject("linux");
        json.WriteString("cgroupsPath", launch.CgroupPath);
        json.WriteStartArray("namespaces");
        foreach (var (type, path) in launch.Namespaces)
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            if (path.Length > 0)
            {
                json.WriteString("path", path);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteResources(json, launch);
        WriteStrings(json, "maskedPaths", launch.Privileged ? [] : MaskedPaths);
        WriteStrings(json, "readonlyPaths", launch.Privileged ? [] : ReadOnlyPaths);
        json.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter json, ContainerLaunch launch)
    {
        json.WriteStartObject("resources");
        json.WriteStartArray("devices");
        json.WriteStartObject();
        json.WriteBoolean("allow", launch.Privileged);
        json.WriteString("access", "rwm");
        json.WriteEndObject();
        json.WriteEndArray();
        if (launch.MemoryLimit is { } memory)
        {
            json.WriteStartObject("memory");
            json.WriteNumber("limit", memory);
            json.WriteEndObject();
        }

        json.WriteStartObject("cpu");
        if (launch.CpuShares is { } shares)
        {
            json.WriteNumber("shares", shares);
        }

        if (launch.CpuQuota is { } quota)
        {
            json.WriteNumber("quota", quota);
            json.WriteNumber("period", launch.CpuPeriod);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
