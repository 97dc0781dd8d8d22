using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Printing;
using Fairlead.ControlPlane.Resources.Behaviour;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Resources;

/// <summary>The table of built-in kinds. A new kind is a new row.</summary>
internal static class BuiltinResources
{
    private static readonly string[] CreateOnly = ["create"];
    private static readonly string[] GetPatchUpdate = ["get", "patch", "update"];
    private static readonly string[] Connect = ["create", "delete", "get", "patch", "update"];
    private static readonly Subresource Status = new("status", GetPatchUpdate);
    private static readonly Subresource ScaleOf = new("scale", GetPatchUpdate, "Scale", "autoscaling", "v1");
    private static readonly string[] All = ["all"];

    private static SelectableField Field(string path, string missing = "") => new(path, o => o.ScalarAt(path.Split('.')), missing);

    public static IEnumerable<ResourceDefinition> Rows() => [.. Core(), .. Apps(), .. Events(), .. Network(), .. Access(), .. Cluster(), .. Reviews()];

    private static IEnumerable<ResourceDefinition> Core() =>
    [
        new() { Group = "", Version = "v1", Kind = "Binding", Plural = "bindings", Verbs = CreateOnly },
        new() { Group = "", Version = "v1", Kind = "ComponentStatus", Plural = "componentstatuses", ShortNames = ["cs"], Namespaced = false, Verbs = ["get", "list"] },
        new()
        {
            Group = "", Version = "v1", Kind = "ConfigMap", Plural = "configmaps", ShortNames = ["cm"], Columns = ClusterColumns.ConfigMaps,
            Validate = ConfigurationRules.ValidateConfigMap, ValidateUpdate = ConfigurationRules.ValidateImmutable,
        },
        new() { Group = "", Version = "v1", Kind = "Endpoints", Plural = "endpoints", Singular = "endpoints", ShortNames = ["ep"], ListKind = "EndpointsList", Columns = NetworkColumns.Endpoints },
        new()
        {
            Group = "", Version = "v1", Kind = "Event", Plural = "events", ShortNames = ["ev"], StorageName = "events", Columns = ClusterColumns.Events,
            Fields =
            [
                Field("involvedObject.kind"), Field("involvedObject.namespace"), Field("involvedObject.name"), Field("involvedObject.uid"),
                Field("involvedObject.apiVersion"), Field("involvedObject.resourceVersion"), Field("involvedObject.fieldPath"),
                Field("reason"), Field("reportingComponent"), new("source", o => o.StringAt("source", "component") ?? o.StringAt("reportingComponent")), Field("type"),
            ],
        },
        new() { Group = "", Version = "v1", Kind = "LimitRange", Plural = "limitranges", ShortNames = ["limits"], Columns = TableColumn.NameAndCreatedAt },
        new()
        {
            Group = "", Version = "v1", Kind = "Namespace", Plural = "namespaces", ShortNames = ["ns"], Namespaced = false, NameRule = NameRule.Label, HasStatus = true,
            Verbs = ["create", "delete", "get", "list", "patch", "update", "watch"],
            Subresources = [new("finalize", ["update"]), Status], Columns = ClusterColumns.Namespaces, Fields = [Field("status.phase")],
            Default = NamespaceRules.Default, PrepareCreate = NamespaceRules.PrepareCreate, PrepareUpdate = NamespaceRules.PrepareUpdate,
        },
        new()
        {
            Group = "", Version = "v1", Kind = "Node", Plural = "nodes", ShortNames = ["no"], Namespaced = false, HasStatus = true, KeepsStatusOnCreate = true,
            Subresources = [new("proxy", Connect, "NodeProxyOptions"), Status], Columns = ClusterColumns.Nodes,
            Fields = [new("spec.unschedulable", o => o.ScalarAt("spec", "unschedulable"), "false")],
            PrepareCreate = NodeRules.PrepareCreate, Default = NodeRules.Default, ValidateUpdate = NodeRules.ValidateUpdate,
        },
        new()
        {
            Group = "", Version = "v1", Kind = "PersistentVolumeClaim", Plural = "persistentvolumeclaims", ShortNames = ["pvc"], HasStatus = true,
            Subresources = [Status], Columns = ClusterColumns.VolumeClaims, DeleteReturnsObject = true,
            PrepareCreate = (claim, _) => claim["status"] = new System.Text.Json.Nodes.JsonObject { ["phase"] = "Pending" },
        },
        new()
        {
            Group = "", Version = "v1", Kind = "PersistentVolume", Plural = "persistentvolumes", ShortNames = ["pv"], Namespaced = false, HasStatus = true,
            Subresources = [Status], Columns = ClusterColumns.Volumes, DeleteReturnsObject = true,
            PrepareCreate = (volume, _) => volume["status"] = new System.Text.Json.Nodes.JsonObject { ["phase"] = "Pending" },
        },
        new()
        {
            Group = "", Version = "v1", Kind = "Pod", Plural = "pods", ShortNames = ["po"], Categories = All, HasStatus = true, TracksGeneration = true, DeleteReturnsObject = true,
            Subresources =
            [
                new("attach", ["create", "get"], "PodAttachOptions"), new("binding", CreateOnly, "Binding"), new("ephemeralcontainers", GetPatchUpdate),
                new("eviction", CreateOnly, "Eviction", "policy", "v1"), new("exec", ["create", "get"], "PodExecOptions"), new("log", ["get"]),
                new("portforward", ["create", "get"], "PodPortForwardOptions"), new("proxy", Connect, "PodProxyOptions"), new("resize", GetPatchUpdate), Status,
            ],
            Columns = PodColumns.All,
            Fields =
            [
                Field("spec.nodeName"), Field("spec.restartPolicy"), Field("spec.schedulerName"), Field("spec.serviceAccountName"),
                new("spec.hostNetwork", o => o.ScalarAt("spec", "hostNetwork"), "false"), Field("status.phase"), Field("status.podIP"), Field("status.nominatedNodeName"),
            ],
            Default = PodRules.Default, PrepareCreate = PodRules.PrepareCreate, PrepareUpdate = PodRules.PrepareUpdate,
            Validate = PodRules.Validate, ValidateUpdate = PodRules.ValidateUpdate,
        },
        new() { Group = "", Version = "v1", Kind = "PodTemplate", Plural = "podtemplates", TracksGeneration = true, Columns = TableColumn.NameAndAge, DeleteReturnsObject = true },
        new()
        {
            Group = "", Version = "v1", Kind = "ReplicationController", Plural = "replicationcontrollers", ShortNames = ["rc"], Categories = All, HasStatus = true, TracksGeneration = true,
            Subresources = [ScaleOf, Status], Scale = new(), Columns = WorkloadColumns.ReplicaSets, OrphansByDefault = true,
            Fields = [Field("status.replicas", "0")],
            Default = WorkloadRules.DefaultReplicationController, Validate = WorkloadRules.ValidateReplicationController,
        },
        new()
        {
            Group = "", Version = "v1", Kind = "ResourceQuota", Plural = "resourcequotas", ShortNames = ["quota"], HasStatus = true, Subresources = [Status],
            Columns = ClusterColumns.ResourceQuotas, DeleteReturnsObject = true,
        },
        new()
        {
            Group = "", Version = "v1", Kind = "Secret", Plural = "secrets", Columns = ClusterColumns.Secrets, Fields = [Field("type")],
            Default = ConfigurationRules.DefaultSecret, Validate = ConfigurationRules.ValidateSecret, ValidateUpdate = ConfigurationRules.ValidateSecretUpdate,
        },
        new()
        {
            Group = "", Version = "v1", Kind = "ServiceAccount", Plural = "serviceaccounts", ShortNames = ["sa"], DeleteReturnsObject = true,
            Subresources = [new("token", CreateOnly, "TokenRequest", "authentication.k8s.io", "v1")],
        },
        new()
        {
            Group = "", Version = "v1", Kind = "Service", Plural = "services", ShortNames = ["svc"], Categories = All, NameRule = NameRule.ServiceLabel, HasStatus = true, DeleteReturnsObject = true,
            Subresources = [new("proxy", Connect, "ServiceProxyOptions"), Status], Columns = NetworkColumns.Services,
            Fields = [Field("spec.clusterIP"), Field("spec.type")],
            Default = ServiceRules.Default, PrepareCreate = ServiceRules.PrepareCreate, PrepareUpdate = ServiceRules.PrepareUpdate,
            Validate = ServiceRules.Validate, ValidateUpdate = ServiceRules.ValidateUpdate,
        },
    ];

    private static IEnumerable<ResourceDefinition> Apps()
    {
        var workload = new ResourceDefinition
        {
            Group = "apps", Version = "v1", Kind = "", Plural = "", Categories = All, HasStatus = true, TracksGeneration = true,
            Validate = WorkloadRules.Validate, ValidateUpdate = WorkloadRules.ValidateUpdate,
        };
        return
        [
            new() { Group = "apps", Version = "v1", Kind = "ControllerRevision", Plural = "controllerrevisions", Columns = ClusterColumns.ControllerRevisions },
            workload with { Kind = "DaemonSet", Plural = "daemonsets", ShortNames = ["ds"], Subresources = [Status], Columns = WorkloadColumns.DaemonSets, Default = WorkloadRules.DefaultDaemonSet },
            workload with { Kind = "Deployment", Plural = "deployments", ShortNames = ["deploy"], Subresources = [ScaleOf, Status], Scale = new(), Columns = WorkloadColumns.Deployments, Default = WorkloadRules.DefaultDeployment },
            workload with { Kind = "ReplicaSet", Plural = "replicasets", ShortNames = ["rs"], Subresources = [ScaleOf, Status], Scale = new(), Columns = WorkloadColumns.ReplicaSets, Default = WorkloadRules.DefaultReplicaSet, Fields = [Field("status.replicas", "0")] },
            workload with { Kind = "StatefulSet", Plural = "statefulsets", ShortNames = ["sts"], Subresources = [ScaleOf, Status], Scale = new(), Columns = WorkloadColumns.StatefulSets, Default = WorkloadRules.DefaultStatefulSet },
            new()
            {
                Group = "batch", Version = "v1", Kind = "CronJob", Plural = "cronjobs", ShortNames = ["cj"], Categories = All, HasStatus = true, TracksGeneration = true,
                Subresources = [Status], Columns = WorkloadColumns.CronJobs, Default = JobRules.DefaultCronJob, Validate = JobRules.ValidateCronJob,
            },
            new()
            {
                Group = "batch", Version = "v1", Kind = "Job", Plural = "jobs", Categories = All, HasStatus = true, TracksGeneration = true, OrphansByDefault = true,
                Subresources = [Status], Columns = WorkloadColumns.Jobs, Fields = [Field("status.successful", "0")],
                Default = JobRules.Default, PrepareCreate = JobRules.PrepareCreate, Validate = JobRules.Validate, ValidateUpdate = JobRules.ValidateUpdate,
            },
        ];
    }

    private static IEnumerable<ResourceDefinition> Events() =>
    [
        new()
        {
            Group = "events.k8s.io", Version = "v1", Kind = "Event", Plural = "events", ShortNames = ["ev"], StorageName = "events", Columns = ClusterColumns.Events,
            Fields =
            [
                Field("regarding.kind"), Field("regarding.namespace"), Field("regarding.name"), Field("regarding.uid"), Field("regarding.apiVersion"), Field("regarding.resourceVersion"),
                Field("regarding.fieldPath"), Field("reason"), Field("reportingController"), new("source", o => null), Field("type"),
            ],
            View = EventView.Conversion,
        },
    ];

    private static IEnumerable<ResourceDefinition> Network() =>
    [
        new()
        {
            Group = "networking.k8s.io", Version = "v1", Kind = "IngressClass", Plural = "ingressclasses", Namespaced = false, TracksGeneration = true, Columns = NetworkColumns.IngressClasses,
        },
        new()
        {
            Group = "networking.k8s.io", Version = "v1", Kind = "Ingress", Plural = "ingresses", ShortNames = ["ing"], HasStatus = true, TracksGeneration = true,
            Subresources = [Status], Columns = NetworkColumns.Ingresses, Validate = NetworkRules.ValidateIngress,
            PrepareCreate = (ingress, _) => ingress["status"] = new System.Text.Json.Nodes.JsonObject { ["loadBalancer"] = new System.Text.Json.Nodes.JsonObject() },
        },
        new()
        {
            Group = "networking.k8s.io", Version = "v1", Kind = "IPAddress", Plural = "ipaddresses", ShortNames = ["ip"], Namespaced = false, NameRule = NameRule.IpAddress, Columns = NetworkColumns.IpAddresses,
        },
        new()
        {
            Group = "networking.k8s.io", Version = "v1", Kind = "NetworkPolicy", Plural = "networkpolicies", ShortNames = ["netpol"], TracksGeneration = true,
            Columns = NetworkColumns.NetworkPolicies, Default = NetworkRules.DefaultPolicy, Validate = NetworkRules.ValidatePolicy,
        },
        new()
        {
            Group = "networking.k8s.io", Version = "v1", Kind = "ServiceCIDR", Plural = "servicecidrs", Namespaced = false, HasStatus = true, Subresources = [Status], Columns = NetworkColumns.ServiceCidrs,
        },
        new()
        {
            Group = "discovery.k8s.io", Version = "v1", Kind = "EndpointSlice", Plural = "endpointslices", TracksGeneration = true, Columns = NetworkColumns.EndpointSlices,
            Default = NetworkRules.DefaultSlice, Validate = NetworkRules.ValidateSlice, ValidateUpdate = NetworkRules.ValidateSliceUpdate,
        },
        new()
        {
            Group = "coordination.k8s.io", Version = "v1", Kind = "Lease", Plural = "leases", CreateOnUpdate = true, UnconditionalUpdate = false, Columns = NetworkColumns.Leases,
        },
    ];

    private static IEnumerable<ResourceDefinition> Access() =>
    [
        new() { Group = "rbac.authorization.k8s.io", Version = "v1", Kind = "ClusterRoleBinding", Plural = "clusterrolebindings", Namespaced = false, NameRule = NameRule.PathSegment, Columns = ClusterColumns.RoleBindings, Default = AccessRules.DefaultBinding, Validate = AccessRules.ValidateBinding, ValidateUpdate = AccessRules.ValidateBindingUpdate },
        new() { Group = "rbac.authorization.k8s.io", Version = "v1", Kind = "ClusterRole", Plural = "clusterroles", Namespaced = false, NameRule = NameRule.PathSegment, Columns = TableColumn.NameAndCreatedAt },
        new() { Group = "rbac.authorization.k8s.io", Version = "v1", Kind = "RoleBinding", Plural = "rolebindings", NameRule = NameRule.PathSegment, Columns = ClusterColumns.RoleBindings, Default = AccessRules.DefaultBinding, Validate = AccessRules.ValidateBinding, ValidateUpdate = AccessRules.ValidateBindingUpdate },
        new() { Group = "rbac.authorization.k8s.io", Version = "v1", Kind = "Role", Plural = "roles", NameRule = NameRule.PathSegment, Columns = TableColumn.NameAndCreatedAt },
        new()
        {
            Group = "certificates.k8s.io", Version = "v1", Kind = "CertificateSigningRequest", Plural = "certificatesigningrequests", ShortNames = ["csr"], Namespaced = false, HasStatus = true,
            Subresources = [new("approval", GetPatchUpdate), Status], Columns = ClusterColumns.SigningRequests, Fields = [Field("spec.signerName")],
        },
    ];

    private static IEnumerable<ResourceDefinition> Cluster() =>
    [
        new()
        {
            Group = "autoscaling", Version = "v2", Kind = "HorizontalPodAutoscaler", Plural = "horizontalpodautoscalers", ShortNames = ["hpa"], Categories = All, HasStatus = true,
            Subresources = [Status], Columns = ClusterColumns.Autoscalers, Default = AutoscalerView.Default,
        },
        new()
        {
            Group = "autoscaling", Version = "v1", Kind = "HorizontalPodAutoscaler", Plural = "horizontalpodautoscalers", ShortNames = ["hpa"], Categories = All, HasStatus = true,
            Subresources = [Status], Columns = ClusterColumns.Autoscalers, View = AutoscalerView.Conversion, Default = AutoscalerView.Default,
        },
        new()
        {
            Group = "policy", Version = "v1", Kind = "PodDisruptionBudget", Plural = "poddisruptionbudgets", ShortNames = ["pdb"], HasStatus = true, TracksGeneration = true,
            Subresources = [Status], Columns = ClusterColumns.DisruptionBudgets, UnconditionalUpdate = false,
            PrepareCreate = (budget, _) => budget["status"] = new System.Text.Json.Nodes.JsonObject
            {
                ["disruptionsAllowed"] = 0L, ["currentHealthy"] = 0L, ["desiredHealthy"] = 0L, ["expectedPods"] = 0L,
            },
        },
        new() { Group = "storage.k8s.io", Version = "v1", Kind = "CSIDriver", Plural = "csidrivers", Namespaced = false },
        new() { Group = "storage.k8s.io", Version = "v1", Kind = "CSINode", Plural = "csinodes", Namespaced = false },
        new() { Group = "storage.k8s.io", Version = "v1", Kind = "CSIStorageCapacity", Plural = "csistoragecapacities", ListKind = "CSIStorageCapacityList" },
        new()
        {
            Group = "storage.k8s.io", Version = "v1", Kind = "StorageClass", Plural = "storageclasses", ShortNames = ["sc"], Namespaced = false, Columns = ClusterColumns.StorageClasses,
            DeleteReturnsObject = true, Default = ConfigurationRules.DefaultStorageClass,
        },
        new() { Group = "storage.k8s.io", Version = "v1", Kind = "VolumeAttachment", Plural = "volumeattachments", Namespaced = false, HasStatus = true, Subresources = [Status] },
        new() { Group = "storage.k8s.io", Version = "v1", Kind = "VolumeAttributesClass", Plural = "volumeattributesclasses", ShortNames = ["vac"], Namespaced = false },
        new()
        {
            Group = "scheduling.k8s.io", Version = "v1", Kind = "PriorityClass", Plural = "priorityclasses", ShortNames = ["pc"], Namespaced = false, TracksGeneration = true,
            Columns = ClusterColumns.PriorityClasses, Default = ConfigurationRules.DefaultPriorityClass,
        },
        new() { Group = "node.k8s.io", Version = "v1", Kind = "RuntimeClass", Plural = "runtimeclasses", Namespaced = false, Columns = ClusterColumns.RuntimeClasses },
        new()
        {
            Group = "apiextensions.k8s.io", Version = "v1", Kind = "CustomResourceDefinition", Plural = "customresourcedefinitions", ShortNames = ["crd", "crds"],
            Categories = ["api-extensions"], Namespaced = false, HasStatus = true, TracksGeneration = true, Subresources = [Status], Columns = TableColumn.NameAndCreatedAt,
            Default = CustomResourceRules.Default, Validate = CustomResourceRules.Validate, PrepareCreate = CustomResourceRules.PrepareCreate,
        },
        new()
        {
            Group = "apiregistration.k8s.io", Version = "v1", Kind = "APIService", Plural = "apiservices", Categories = ["api-extensions"], Namespaced = false, HasStatus = true,
            Subresources = [Status], Columns = ClusterColumns.ApiServices,
        },
    ];

    private static IEnumerable<ResourceDefinition> Reviews() =>
    [
        new() { Group = "authentication.k8s.io", Version = "v1", Kind = "SelfSubjectReview", Plural = "selfsubjectreviews", Namespaced = false, Verbs = CreateOnly },
        new() { Group = "authentication.k8s.io", Version = "v1", Kind = "TokenReview", Plural = "tokenreviews", Namespaced = false, Verbs = CreateOnly },
        new() { Group = "authorization.k8s.io", Version = "v1", Kind = "LocalSubjectAccessReview", Plural = "localsubjectaccessreviews", Verbs = CreateOnly },
        new() { Group = "authorization.k8s.io", Version = "v1", Kind = "SelfSubjectAccessReview", Plural = "selfsubjectaccessreviews", Namespaced = false, Verbs = CreateOnly },
        new() { Group = "authorization.k8s.io", Version = "v1", Kind = "SelfSubjectRulesReview", Plural = "selfsubjectrulesreviews", Namespaced = false, Verbs = CreateOnly },
        new() { Group = "authorization.k8s.io", Version = "v1", Kind = "SubjectAccessReview", Plural = "subjectaccessreviews", Namespaced = false, Verbs = CreateOnly },
    ];
}
