using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Kernel;

namespace Fairlead.Cni.Tests.Sandboxes;

/// <summary>A network of several plugins on a sandbox's host, executed by our runtime.</summary>
internal sealed class Chain
{
    private readonly Sandbox _sandbox;
    private readonly CniRuntime _runtime;
    private readonly NetworkList _network;

    /// <summary>A chain of plugins; "DIR" in their text is the sandbox's directory. Plugins are searched in <paramref name="path"/>, or are ours.</summary>
    public Chain(Sandbox sandbox, string plugins, string name = "n", string version = "1.1.0", string[]? path = null)
    {
        _sandbox = sandbox;
        _runtime = new CniRuntime(new CniRuntimeOptions { BinDirectories = path ?? [Built.PluginDirectory], CacheDirectory = sandbox.Directory });
        _network = NetworkList.Parse(Encoding.UTF8.GetBytes(
            $$"""{"cniVersion":"{{version}}","name":"{{name}}","plugins":[{{plugins.Replace("DIR", sandbox.Directory, StringComparison.Ordinal)}}]}"""));
    }

    public CniResult Add(Container container, string capabilities = "{}", string interfaceName = "eth0", string args = "") =>
        OnHost(() => _runtime.Add(_network, Attachment(container, capabilities, interfaceName, args), CancellationToken.None));

    public void Delete(Container container, string capabilities = "{}", string interfaceName = "eth0") =>
        OnHost(() => _runtime.Delete(_network, Attachment(container, capabilities, interfaceName), CancellationToken.None));

    public void Check(Container container, string capabilities = "{}", string interfaceName = "eth0") =>
        OnHost(() => _runtime.Check(_network, Attachment(container, capabilities, interfaceName), CancellationToken.None));

    public void CollectGarbage(params Container[] valid) =>
        OnHost(() => _runtime.CollectGarbage(_network, [.. valid.Select(container => new CniAttachment(container.Id, "eth0"))], CancellationToken.None));

    public void Status() => OnHost(() => _runtime.Status(_network, CancellationToken.None));

    /// <summary>What CHECK finds wrong; empty when nothing.</summary>
    public string Problem(Container container, string capabilities = "{}")
    {
        try
        {
            Check(container, capabilities);
            return "";
        }
        catch (CniException exception)
        {
            return exception.Message;
        }
    }

    private static RuntimeAttachment Attachment(Container container, string capabilities, string interfaceName, string args = "") => new()
    {
        ContainerId = container.Id,
        NetworkNamespace = container.Path,
        InterfaceName = interfaceName,
        CapabilityArguments = (JsonObject)JsonNode.Parse(capabilities)!,
        Arguments = [.. args.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(pair => KeyValuePair.Create(pair.Split('=')[0], pair.Split('=')[1]))],
    };

    private T OnHost<T>(Func<T> body)
    {
        using NetworkNamespace host = NetworkNamespace.OpenNamed(_sandbox.Host);
        return host.Run(body);
    }

    private void OnHost(Action body) => OnHost(() =>
    {
        body();
        return true;
    });
}
