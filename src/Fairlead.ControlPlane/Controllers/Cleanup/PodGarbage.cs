using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Cleanup;

/// <summary>Pods that nobody will end or delete any more.</summary>
internal static class PodGarbage
{
    /// <param name="pods">All pods.</param>
    /// <param name="isNodeGone">Whether a node has been gone for long enough.</param>
    /// <param name="threshold">How many ended pods may stay; 0 for all.</param>
    /// <returns>The pods, with why each has to go.</returns>
    public static IEnumerable<(Pod Pod, string Reason)> Find(IReadOnlyList<Pod> pods, Func<string, bool> isNodeGone, int threshold)
    {
        foreach (Pod pod in pods)
        {
            if (string.IsNullOrEmpty(pod.Spec.NodeName))
            {
                if (pod.Metadata.IsDeleting)
                {
                    yield return (pod, "it was never placed and nobody else would end it");
                }
            }
            else if (isNodeGone(pod.Spec.NodeName))
            {
                yield return (pod, "its node is gone");
            }
        }

        if (threshold <= 0)
        {
            yield break;
        }

        Pod[] ended = [.. pods.Where(pod => PodState.IsTerminal(pod) && !pod.Metadata.IsDeleting).OrderBy(pod => pod.Metadata.CreationTimestamp)];
        foreach (Pod pod in ended.Take(Math.Max(ended.Length - threshold, 0)))
        {
            yield return (pod, "too many pods have ended");
        }
    }
}
