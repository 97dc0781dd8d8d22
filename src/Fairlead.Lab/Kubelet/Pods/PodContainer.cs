using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>A container of a pod, whichever of the three lists it is in.</summary>
internal sealed record PodContainer(Container Spec, ContainerRole Role, string? TargetContainer = null)
{
    public string Name => Spec.Name;

    /// <summary>An init container that is not waited for to end, and that is restarted whatever the pod's policy says.</summary>
    public bool IsSidecar => Role == ContainerRole.Init && Spec.RestartPolicy == "Always";

    /// <summary>All containers of a pod in the order in which they start.</summary>
    public static IReadOnlyList<PodContainer> Of(Pod pod) =>
    [
        .. pod.Spec.InitContainers.Select(static c => new PodContainer(c, ContainerRole.Init)),
        .. pod.Spec.Containers.Select(static c => new PodContainer(c, ContainerRole.Regular)),
        .. pod.Spec.EphemeralContainers.Select(static c => new PodContainer(AsContainer(c), ContainerRole.Ephemeral, c.TargetContainerName)),
    ];

    /// <summary>The path by which events name the container.</summary>
    public string FieldPath => Role switch
    {
        ContainerRole.Init => $"spec.initContainers{{{Name}}}",
        ContainerRole.Ephemeral => $"spec.ephemeralContainers{{{Name}}}",
        _ => $"spec.containers{{{Name}}}",
    };

    private static Container AsContainer(EphemeralContainer ephemeral) => new()
    {
        Name = ephemeral.Name,
        Image = ephemeral.Image,
        Command = ephemeral.Command,
        Args = ephemeral.Args,
        WorkingDir = ephemeral.WorkingDir,
        EnvFrom = ephemeral.EnvFrom,
        Env = ephemeral.Env,
        VolumeMounts = ephemeral.VolumeMounts,
        TerminationMessagePath = ephemeral.TerminationMessagePath,
        TerminationMessagePolicy = ephemeral.TerminationMessagePolicy,
        ImagePullPolicy = ephemeral.ImagePullPolicy,
        SecurityContext = ephemeral.SecurityContext,
        Stdin = ephemeral.Stdin,
        StdinOnce = ephemeral.StdinOnce,
        Tty = ephemeral.Tty,
    };
}
