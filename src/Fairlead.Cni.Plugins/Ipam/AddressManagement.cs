using System.Net;
using System.Text;
using Fairlead.Cni.Plugins.HostLocal;
using Fairlead.Cni.Plugins.Static;

namespace Fairlead.Cni.Plugins.Ipam;

/// <summary>
/// The IPAM plugin that a configuration names. One of ours is called in this process; another's, also one of ours' names that is somebody
/// else's file in CNI_PATH, is executed.
/// </summary>
internal sealed class AddressManagement
{
    private readonly CniRequest _request;
    private readonly CniPlugin? _own;
    private readonly string? _path;
    private IReadOnlyList<IPAddress>? _fresh;
    private bool _executed;

    private AddressManagement(CniRequest request, CniPlugin? own, string? path)
    {
        _request = request;
        _own = own;
        _path = path;
    }

    /// <summary>Whether it is called in this process.</summary>
    public bool IsOwn => _own is not null;

    /// <summary>Finds the plugin; nothing when the configuration has no <c>ipam.type</c>.</summary>
    /// <exception cref="CniException">No such plugin is found (code 7).</exception>
    public static AddressManagement? For(CniRequest request)
    {
        string? type = request.Configuration.Ipam?.GetString("type");
        if (string.IsNullOrEmpty(type))
        {
            return null;
        }

        CniPlugin? own = type switch
        {
            "host-local" => new HostLocalPlugin(),
            "static" => new StaticPlugin(),
            _ => null,
        };
        string? path = PluginExecution.TryFind(type, request.PluginPath);
        return own is not null && (path is null || IsThisExecutable(path)) ? new AddressManagement(request, own, null)
            : path is not null ? new AddressManagement(request, null, path)
            : throw new CniException(CniErrorCode.InvalidConfiguration, $"failed to find plugin \"{type}\" in path [{string.Join(" ", request.PluginPath)}]");
    }

    /// <summary>Asks for addresses.</summary>
    /// <exception cref="CniException">The plugin's error, or it gave no address (code 7).</exception>
    public CniResult Add()
    {
        CniResult result;
        if (_own is HostLocalPlugin)
        {
            result = HostLocalPlugin.Add(_request, out _fresh);
        }
        else if (_own is not null)
        {
            result = _own.Add(_request);
        }
        else
        {
            _executed = true;
            result = ResultJson.Read(ConfigurationObject.Parse(Execute("ADD"), "IPAM result"));
        }

        return result.Addresses.Count > 0 ? result : throw _request.Configuration.Root.Invalid("ipam", "the IPAM plugin gave no address");
    }

    /// <summary>Gives back what this object's <see cref="Add"/> took; never throws, as it runs while another error travels.</summary>
    public void Undo()
    {
        try
        {
            if (_fresh is not null)
            {
                HostLocalPlugin.Undo(_request, _fresh);
            }
            else if (_executed)
            {
                Execute("DEL");
            }
        }
        catch (Exception exception) when (exception is CniException or IOException)
        {
            // The error that made us undo says more; GC finds what is left.
        }
    }

    public void Delete() => Call(CniCommand.Delete, "DEL");

    public void Check() => Call(CniCommand.Check, "CHECK");

    public void CollectGarbage() => Call(CniCommand.CollectGarbage, "GC");

    public void Status() => Call(CniCommand.Status, "STATUS");

    private void Call(CniCommand command, string text)
    {
        if (_own is null)
        {
            Execute(text);
            return;
        }

        _own.Call(new CniRequest
        {
            Command = command,
            ContainerId = _request.ContainerId,
            NetworkNamespace = _request.NetworkNamespace,
            InterfaceName = _request.InterfaceName,
            Arguments = _request.Arguments,
            PluginPath = _request.PluginPath,
            Configuration = _request.Configuration,
        });
    }

    private byte[] Execute(string command) =>
        PluginExecution.Run(_path!, Encoding.UTF8.GetBytes(_request.Configuration.Root.Json.ToJsonString()), new Dictionary<string, string?> { ["CNI_COMMAND"] = command });

    /// <summary>Our plugins are links to one file; a copy elsewhere counts as somebody else's, which costs 2 ms and is never wrong.</summary>
    private static bool IsThisExecutable(string path) =>
        Native.FileIdentity.Of(path) is { } other && other == Native.FileIdentity.Of("/proc/self/exe");
}
