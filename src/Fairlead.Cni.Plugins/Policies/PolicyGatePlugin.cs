namespace Fairlead.Cni.Plugins.Policies;

/// <summary>
/// fairlead: the last of a chain. ADD ends when the node's agent says that the pod's policies are in the kernel, so that no packet of the pod is older than its policies.
/// </summary>
internal sealed class PolicyGatePlugin : CniPlugin
{
    private const string DefaultSocket = "/run/fairlead/agent.sock";
    private const int DefaultSeconds = 25;

    public override string Name => "fairlead";

    public override CniResult Add(CniRequest request)
    {
        CniResult result = request.RequirePreviousResult();
        if (Pod(request) is not { } pod)
        {
            return result; // not a pod: nobody has policies for it
        }

        string addresses = string.Join(',', result.ContainerAddresses.Select(a => a.Address.Address.ToString()));
        try
        {
            Agent(request).Ask($"/policy/admit?{pod}&addresses={Uri.EscapeDataString(addresses)}");
        }
        catch (AgentUnreachableException e) when (!request.Configuration.Root.GetBoolean("required", otherwise: true))
        {
            Console.Error.WriteLine($"fairlead: {e.Message}; the pod begins without, as \"required\" is false");
        }
        catch (AgentUnreachableException e)
        {
            throw new CniException(CniErrorCode.TryAgainLater, e.Message, "the pod's policies can't be put into the kernel without the agent; \"required\": false lets pods begin without it", e);
        }

        return result;
    }

    /// <summary>An agent that isn't there forgets the pod when its object goes.</summary>
    public override void Delete(CniRequest request)
    {
        if (Pod(request) is { } pod)
        {
            try
            {
                Agent(request).Ask($"/policy/release?{pod}");
            }
            catch (Exception e) when (e is AgentUnreachableException or CniException)
            {
            }
        }
    }

    public override void Status(CniRequest request)
    {
        try
        {
            Agent(request).Ask("/status");
        }
        catch (AgentUnreachableException e)
        {
            throw new CniException(CniErrorCode.NotAvailable, e.Message, inner: e);
        }
    }

    private static LocalAgent Agent(CniRequest request) => new(
        request.Configuration.Root.GetString("socket") ?? DefaultSocket,
        TimeSpan.FromSeconds(request.Configuration.Root.GetInteger("timeoutSeconds") ?? DefaultSeconds));

    private static string? Pod(CniRequest request) => request.Arguments is { PodNamespace: { } ns, PodName: { } name }
        ? $"namespace={Uri.EscapeDataString(ns)}&pod={Uri.EscapeDataString(name)}&sandbox={Uri.EscapeDataString(request.ContainerId)}"
        : null;
}
