namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>The OCI runtime refused: which step, and what it said.</summary>
internal sealed class ContainerRuntimeException(string step, string said) : Exception($"{step}: {said.Trim()}")
{
    public string Said { get; } = said.Trim();
}
