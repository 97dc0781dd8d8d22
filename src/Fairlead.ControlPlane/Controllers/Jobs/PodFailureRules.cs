using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Jobs;

/// <summary>What a job's failure policy says about a failed pod: the first rule that matches decides.</summary>
internal static class PodFailureRules
{
    /// <returns>The action (FailJob, Ignore, Count, FailIndex) and why; Count where no rule matches.</returns>
    public static (string Action, string? Message) Judge(Job job, Pod pod)
    {
        foreach (PodFailurePolicyRule rule in job.Spec.PodFailurePolicy?.Rules ?? [])
        {
            if (rule.OnExitCodes is { } codes && Matching(codes, pod) is { } container)
            {
                return (rule.Action, $"Container {container.Name} for pod {pod.Metadata.Key} failed with exit code {container.State!.Terminated!.ExitCode} matching {rule.Action} rule");
            }

            foreach (PodFailurePolicyOnPodConditionsPattern pattern in rule.OnPodConditions)
            {
                string wanted = string.IsNullOrEmpty(pattern.Status) ? "True" : pattern.Status;
                if (PodState.Condition(pod, pattern.Type)?.Status == wanted)
                {
                    return (rule.Action, $"Pod {pod.Metadata.Key} has condition {pattern.Type} matching {rule.Action} rule");
                }
            }
        }

        return ("Count", null);
    }

    private static ContainerStatus? Matching(PodFailurePolicyOnExitCodesRequirement codes, Pod pod) =>
        pod.Status.ContainerStatuses.Concat(pod.Status.InitContainerStatuses).FirstOrDefault(status =>
            (codes.ContainerName is null || codes.ContainerName == status.Name)
            && status.State?.Terminated is { ExitCode: not 0 } ended
            && (codes.Operator == "In") == codes.Values.Contains(ended.ExitCode));
}
