using System.Net;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni;

/// <summary><c>CNI_ARGS</c>: "IgnoreUnknown=1;IP=10.1.0.7;K8S_POD_NAME=web-0".</summary>
/// <remarks>Source: CNI specification, "Parameters"; the known names are those of the reference plugins and of Kubernetes' runtimes.</remarks>
public sealed class CniArguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>All pairs, as given.</summary>
    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>Whether keys that nobody knows are to be passed over (<c>IgnoreUnknown</c>).</summary>
    public bool IgnoreUnknown { get; private set; }

    /// <summary>The address asked for (<c>IP</c>).</summary>
    public IPAddress? Address { get; private set; }

    /// <summary>The hardware address asked for (<c>MAC</c>).</summary>
    public MacAddress? Mac { get; private set; }

    /// <summary>The pod's namespace (<c>K8S_POD_NAMESPACE</c>).</summary>
    public string? PodNamespace => _values.GetValueOrDefault("K8S_POD_NAMESPACE");

    /// <summary>The pod's name (<c>K8S_POD_NAME</c>).</summary>
    public string? PodName => _values.GetValueOrDefault("K8S_POD_NAME");

    /// <summary>The pod's UID (<c>K8S_POD_UID</c>).</summary>
    public string? PodUid => _values.GetValueOrDefault("K8S_POD_UID");

    /// <summary>Reads the variable's text.</summary>
    /// <exception cref="CniException">A pair has no '=', or a known key has a value that it cannot have (code 4).</exception>
    public static CniArguments Parse(string? text)
    {
        CniArguments arguments = new();
        foreach (string pair in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: \"{pair}\" is not a pair KEY=VALUE");
            }

            arguments._values[pair[..equals]] = pair[(equals + 1)..];
        }

        if (arguments._values.TryGetValue("IgnoreUnknown", out string? ignore))
        {
            arguments.IgnoreUnknown = ignore switch
            {
                "1" or "true" or "True" or "TRUE" or "t" or "T" => true,
                "0" or "false" or "False" or "FALSE" or "f" or "F" => false,
                _ => throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: IgnoreUnknown={ignore} is neither true nor false"),
            };
        }

        if (arguments._values.TryGetValue("IP", out string? ip) && ip.Length > 0)
        {
            int slash = ip.IndexOf('/', StringComparison.Ordinal);
            arguments.Address = AddressPrefix.TryParseAddress(slash < 0 ? ip : ip[..slash], out IPAddress? address)
                ? address
                : throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: IP={ip} is not an address");
        }

        if (arguments._values.TryGetValue("MAC", out string? mac) && mac.Length > 0)
        {
            arguments.Mac = MacAddress.TryParse(mac.Replace('-', ':'), null, out MacAddress parsed) && parsed.IsValidForLink
                ? parsed
                : throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: MAC={mac} is not a hardware address that a link can have");
        }

        return arguments;
    }

    /// <summary>Refuses keys that the plugin does not know, unless <c>IgnoreUnknown</c> says otherwise; those of Kubernetes are always let through.</summary>
    /// <exception cref="CniException">An unknown key (code 4).</exception>
    public void RejectUnknown(params ReadOnlySpan<string> known)
    {
        if (IgnoreUnknown)
        {
            return;
        }

        foreach (string key in _values.Keys)
        {
            if (key != "IgnoreUnknown" && !key.StartsWith("K8S_", StringComparison.Ordinal) && !known.Contains(key))
            {
                throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: the key {key} is unknown", "set IgnoreUnknown=1 to pass over it");
            }
        }
    }
}
