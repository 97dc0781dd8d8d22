using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Cni.Plugins.Bridge;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Tuning;

/// <summary>tuning: sysctls of the container's network, and properties of its interface.</summary>
internal sealed class TuningPlugin : CniPlugin
{
    public override string Name => "tuning";

    public override CniResult Add(CniRequest request)
    {
        CniResult result = request.RequirePreviousResult();
        IReadOnlyList<KeyValuePair<string, string>> sysctls = ReadSysctls(request);
        LinkOptions changes = ReadChanges(request);
        using NetworkNamespace container = ContainerNamespace.Open(request);
        container.Run(() =>
        {
            foreach ((string path, string value) in sysctls)
            {
                Write(path, value);
            }

            if (changes == new LinkOptions())
            {
                return;
            }

            using RouteNetlink route = RouteNetlink.Open();
            Link link = route.FindLink(request.InterfaceName) ?? throw Missing(request);
            SavedLink.Write(request, link, changes);
            route.SetLink(link.Index, changes);
        });
        Describe(request, result, changes);
        return result;
    }

    /// <summary>An interface that outlives the container (host-device) gets back what it had.</summary>
    public override void Delete(CniRequest request)
    {
        LinkOptions? before = SavedLink.Read(request);
        using NetworkNamespace? container = before is null ? null : ContainerNamespace.TryOpen(request);
        if (container is not null)
        {
            using RouteNetlink route = RouteNetlink.Open(container);
            if (route.FindLink(request.InterfaceName) is { } link)
            {
                route.SetLink(link.Index, before!);
            }
        }

        SavedLink.Remove(request);
    }

    public override void Check(CniRequest request)
    {
        request.RequirePreviousResult();
        IReadOnlyList<KeyValuePair<string, string>> sysctls = ReadSysctls(request);
        LinkOptions wanted = ReadChanges(request);
        using NetworkNamespace container = ContainerNamespace.Open(request);
        container.Run(() =>
        {
            foreach ((string path, string value) in sysctls)
            {
                string actual = File.ReadAllText(path).Trim();
                if (actual != value)
                {
                    throw ContainerLink.Failed($"sysctl {path["/proc/sys/".Length..]} is {actual}, not {value}");
                }
            }

            using RouteNetlink route = RouteNetlink.Open();
            Link link = route.FindLink(request.InterfaceName) ?? throw ContainerLink.Failed($"the container has no {request.InterfaceName}");
            Compare("hardware address", wanted.MacAddress, link.MacAddress);
            Compare("MTU", wanted.Mtu, link.Mtu);
            Compare("queue length", wanted.TransmitQueueLength, link.TransmitQueueLength);
            Compare("promiscuous mode", wanted.Promiscuous, (link.Flags & LinkFlags.Promiscuous) != 0);
            Compare("allmulticast mode", wanted.AllMulticast, (link.Flags & LinkFlags.AllMulticast) != 0);
        });

        void Compare<T>(string what, T? expected, T? actual)
            where T : struct
        {
            if (expected is { } value && !value.Equals(actual))
            {
                throw ContainerLink.Failed($"{request.InterfaceName} has the {what} {actual}, not {value}");
            }
        }
    }

    public override void CollectGarbage(CniRequest request) => SavedLink.CollectGarbage(request);

    private static CniException Missing(CniRequest request) => new(CniErrorCode.InvalidConfiguration, $"the container has no interface {request.InterfaceName}");

    private static LinkOptions ReadChanges(CniRequest request)
    {
        ConfigurationObject root = request.Configuration.Root;
        return new LinkOptions
        {
            MacAddress = RequestedMac.Read(request),
            Mtu = (uint?)RequestedMtu.Read(root),
            Promiscuous = root.GetBoolean("promisc") ? true : null,
            AllMulticast = root.Has("allmulti") ? root.GetBoolean("allmulti") : null,
            TransmitQueueLength = root.GetInteger("txQLen") is { } length ? length >= 0 ? (uint)length : throw root.Invalid("txQLen", "is negative") : null,
        };
    }

    /// <summary>Sysctls as paths. Only those of the network are the container's own; "IFNAME" stands for its interface.</summary>
    private static List<KeyValuePair<string, string>> ReadSysctls(CniRequest request)
    {
        List<KeyValuePair<string, string>> sysctls = [];
        ConfigurationObject root = request.Configuration.Root;
        foreach ((string name, JsonNode? value) in root.GetObject("sysctl")?.Json ?? [])
        {
            string[] parts = name.Contains('/') ? name.Split('/') : name.Split('.');
            for (int i = 0; i < parts.Length; i++)
            {
                parts[i] = parts[i] == "IFNAME" ? request.InterfaceName : parts[i];
            }

            if (parts.Length < 3 || parts[0] != "net" || parts.Any(part => part is "" or "." or ".."))
            {
                throw root.Invalid("sysctl", $"\"{name}\" is not a sysctl of the network (net.…)");
            }

            string text = value is JsonValue scalar && scalar.TryGetValue(out string? given) ? given : value?.ToJsonString() ?? "";
            sysctls.Add(KeyValuePair.Create($"/proc/sys/{string.Join('/', parts)}", text));
        }

        return sysctls;
    }

    private static void Write(string path, string value)
    {
        try
        {
            File.WriteAllText(path, value);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"sysctl: cannot set {path["/proc/sys/".Length..]} to {value}: {exception.Message}", inner: exception);
        }
    }

    /// <summary>The result names the interface as it is now.</summary>
    private static void Describe(CniRequest request, CniResult result, LinkOptions changes)
    {
        for (int i = 0; i < result.Interfaces.Count; i++)
        {
            CniInterface link = result.Interfaces[i];
            if (link.Name == request.InterfaceName && link.Sandbox is { Length: > 0 })
            {
                result.Interfaces[i] = link with
                {
                    Mac = changes.MacAddress?.ToString() ?? link.Mac,
                    Mtu = changes.Mtu is { } mtu ? int.CreateChecked(mtu) : link.Mtu,
                };
            }
        }
    }

    /// <summary>What the interface was like before, one file per attachment.</summary>
    private static class SavedLink
    {
        private const string DefaultDirectory = "/run/cni/fairlead-tuning";

        public static void Write(CniRequest request, Link link, LinkOptions changes)
        {
            JsonObject json = new()
            {
                ["containerId"] = request.ContainerId,
                ["ifName"] = request.InterfaceName,
                ["mac"] = changes.MacAddress is null ? null : link.MacAddress?.ToString(),
                ["mtu"] = changes.Mtu is null ? null : link.Mtu.ToString(CultureInfo.InvariantCulture),
                ["txQLen"] = changes.TransmitQueueLength is null ? null : link.TransmitQueueLength.ToString(CultureInfo.InvariantCulture),
                ["promisc"] = changes.Promiscuous is null ? null : (link.Flags & LinkFlags.Promiscuous) != 0,
                ["allmulti"] = changes.AllMulticast is null ? null : (link.Flags & LinkFlags.AllMulticast) != 0,
            };
            string path = PathOf(request, request.Attachment);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText($"{path}.tmp", json.ToJsonString());
            File.Move($"{path}.tmp", path, overwrite: true);
        }

        public static LinkOptions? Read(CniRequest request)
        {
            try
            {
                string path = PathOf(request, request.Attachment);
                if (!File.Exists(path))
                {
                    return null;
                }

                ConfigurationObject json = ConfigurationObject.Parse(File.ReadAllBytes(path), path);
                return new LinkOptions
                {
                    MacAddress = json.GetString("mac") is { } mac ? MacAddress.Parse(mac) : null,
                    Mtu = Number("mtu"),
                    TransmitQueueLength = Number("txQLen"),
                    Promiscuous = json.Has("promisc") ? json.GetBoolean("promisc") : null,
                    AllMulticast = json.Has("allmulti") ? json.GetBoolean("allmulti") : null,
                };

                uint? Number(string key) => json.GetString(key) is { } text ? uint.Parse(text, CultureInfo.InvariantCulture) : null;
            }
            catch (Exception exception) when (exception is IOException or CniException or FormatException)
            {
                return null;
            }
        }

        public static void Remove(CniRequest request)
        {
            string path = PathOf(request, request.Attachment);
            if (File.Exists(path))
            {
                File.Delete(path);
            }
        }

        public static void CollectGarbage(CniRequest request)
        {
            string directory = Path.GetDirectoryName(PathOf(request, default))!;
            HashSet<string> valid = [.. request.Configuration.ValidAttachments.Select(attachment => PathOf(request, attachment))];
            foreach (string path in Directory.Exists(directory) ? Directory.GetFiles(directory) : [])
            {
                if (!valid.Contains(path))
                {
                    File.Delete(path);
                }
            }
        }

        private static string PathOf(CniRequest request, CniAttachment attachment) => Path.Combine(
            request.Configuration.Root.GetString("dataDir") is { Length: > 0 } directory ? directory : DefaultDirectory,
            request.Configuration.Name,
            $"{attachment.ContainerId}_{attachment.InterfaceName}.json");
    }
}
