using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

/// <summary>Objects for the tests, with only what matters said.</summary>
internal static class Make
{
    public static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static Dictionary<string, string> Labels(string text) => text.Length == 0
        ? []
        : text.Split(',').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

    public static Pod Pod(string name, string labels = "app=web", string? node = null, bool ready = false, string? ip = null, string phase = "Running", string? owner = null, bool deleting = false) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = "default",
            Uid = $"uid-{name}",
            Labels = Labels(labels),
            CreationTimestamp = Now,
            DeletionTimestamp = deleting ? Now : null,
            OwnerReferences = owner is null ? [] : [new OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = owner, Uid = owner, Controller = true }],
        },
        Spec = new PodSpec { NodeName = node },
        Status = new PodStatus
        {
            Phase = phase,
            PodIP = ip,
            PodIPs = ip is null ? [] : [new PodIP { IP = ip }],
            Conditions = [new PodCondition { Type = "Ready", Status = ready ? "True" : "False", LastTransitionTime = Now }],
        },
    };

    public static Node Node(string name, string labels = "", string? ready = "True", params Taint[] taints) => new()
    {
        Metadata = new ObjectMeta { Name = name, Uid = $"uid-{name}", Labels = Labels($"kubernetes.io/hostname={name}{(labels.Length > 0 ? "," : "")}{labels}"), CreationTimestamp = Now },
        Spec = new NodeSpec { Taints = taints },
        Status = new NodeStatus
        {
            Allocatable = new Dictionary<string, Quantity> { ["cpu"] = new("2"), ["memory"] = new("4Gi"), ["pods"] = new("110") },
            Conditions = ready is null ? [] : [new NodeCondition { Type = "Ready", Status = ready }],
        },
    };

    public static PodTemplateSpec Template(string image = "one", string labels = "app=web") => PodTemplateSpec.Create(
        new ObjectMeta { Labels = Labels(labels) },
        new PodSpec { Containers = [new Container { Name = "c", Image = image }] });

    public static Deployment Deployment(int replicas, string surge = "25%", string unavailable = "25%", string strategy = "RollingUpdate") => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "uid-web", Generation = 1 },
        Spec = new DeploymentSpec
        {
            Replicas = replicas,
            Selector = LabelSelector.Of(Labels("app=web")),
            Template = Template(),
            ProgressDeadlineSeconds = 600,
            Strategy = new DeploymentStrategy
            {
                Type = strategy,
                RollingUpdate = strategy == "Recreate" ? null : new RollingUpdateDeployment { MaxSurge = Amount(surge), MaxUnavailable = Amount(unavailable) },
            },
        },
    };

    public static ReplicaSet Set(string name, int replicas, int available, int desired = 0, int most = 0, int age = 0) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = "default",
            Uid = $"uid-{name}",
            CreationTimestamp = Now.AddMinutes(-age),
            Annotations = new Dictionary<string, string> { ["deployment.kubernetes.io/desired-replicas"] = $"{desired}", ["deployment.kubernetes.io/max-replicas"] = $"{most}" },
        },
        Spec = new ReplicaSetSpec { Replicas = replicas, Selector = LabelSelector.Of(Labels("app=web")), Template = Template() },
        Status = new ReplicaSetStatus { Replicas = replicas, ReadyReplicas = available, AvailableReplicas = available },
    };

    private static IntOrString Amount(string text) => int.TryParse(text, out int number) ? number : text;
}
