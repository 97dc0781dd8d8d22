using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Fairlead.Kubernetes;

/// <summary>The JSON of the API's objects, without reflection. Nulls, empty lists and empty maps are not written.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(KubernetesList<Pod>), TypeInfoPropertyName = "KubernetesListPod")]
[JsonSerializable(typeof(NetworkPod))]
[JsonSerializable(typeof(KubernetesList<NetworkPod>), TypeInfoPropertyName = "KubernetesListNetworkPod")]
[JsonSerializable(typeof(Binding))]
[JsonSerializable(typeof(KubernetesList<Binding>), TypeInfoPropertyName = "KubernetesListBinding")]
[JsonSerializable(typeof(Eviction))]
[JsonSerializable(typeof(KubernetesList<Eviction>), TypeInfoPropertyName = "KubernetesListEviction")]
[JsonSerializable(typeof(Node))]
[JsonSerializable(typeof(KubernetesList<Node>), TypeInfoPropertyName = "KubernetesListNode")]
[JsonSerializable(typeof(Service))]
[JsonSerializable(typeof(KubernetesList<Service>), TypeInfoPropertyName = "KubernetesListService")]
[JsonSerializable(typeof(Namespace))]
[JsonSerializable(typeof(KubernetesList<Namespace>), TypeInfoPropertyName = "KubernetesListNamespace")]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(KubernetesList<ConfigMap>), TypeInfoPropertyName = "KubernetesListConfigMap")]
[JsonSerializable(typeof(Secret))]
[JsonSerializable(typeof(KubernetesList<Secret>), TypeInfoPropertyName = "KubernetesListSecret")]
[JsonSerializable(typeof(ServiceAccount))]
[JsonSerializable(typeof(KubernetesList<ServiceAccount>), TypeInfoPropertyName = "KubernetesListServiceAccount")]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(KubernetesList<TokenRequest>), TypeInfoPropertyName = "KubernetesListTokenRequest")]
[JsonSerializable(typeof(Endpoints))]
[JsonSerializable(typeof(KubernetesList<Endpoints>), TypeInfoPropertyName = "KubernetesListEndpoints")]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(KubernetesList<Event>), TypeInfoPropertyName = "KubernetesListEvent")]
[JsonSerializable(typeof(ReplicationController))]
[JsonSerializable(typeof(KubernetesList<ReplicationController>), TypeInfoPropertyName = "KubernetesListReplicationController")]
[JsonSerializable(typeof(PersistentVolumeClaim))]
[JsonSerializable(typeof(KubernetesList<PersistentVolumeClaim>), TypeInfoPropertyName = "KubernetesListPersistentVolumeClaim")]
[JsonSerializable(typeof(EndpointSlice))]
[JsonSerializable(typeof(KubernetesList<EndpointSlice>), TypeInfoPropertyName = "KubernetesListEndpointSlice")]
[JsonSerializable(typeof(Deployment))]
[JsonSerializable(typeof(KubernetesList<Deployment>), TypeInfoPropertyName = "KubernetesListDeployment")]
[JsonSerializable(typeof(ReplicaSet))]
[JsonSerializable(typeof(KubernetesList<ReplicaSet>), TypeInfoPropertyName = "KubernetesListReplicaSet")]
[JsonSerializable(typeof(StatefulSet))]
[JsonSerializable(typeof(KubernetesList<StatefulSet>), TypeInfoPropertyName = "KubernetesListStatefulSet")]
[JsonSerializable(typeof(DaemonSet))]
[JsonSerializable(typeof(KubernetesList<DaemonSet>), TypeInfoPropertyName = "KubernetesListDaemonSet")]
[JsonSerializable(typeof(ControllerRevision))]
[JsonSerializable(typeof(KubernetesList<ControllerRevision>), TypeInfoPropertyName = "KubernetesListControllerRevision")]
[JsonSerializable(typeof(Job))]
[JsonSerializable(typeof(KubernetesList<Job>), TypeInfoPropertyName = "KubernetesListJob")]
[JsonSerializable(typeof(CronJob))]
[JsonSerializable(typeof(KubernetesList<CronJob>), TypeInfoPropertyName = "KubernetesListCronJob")]
[JsonSerializable(typeof(Lease))]
[JsonSerializable(typeof(KubernetesList<Lease>), TypeInfoPropertyName = "KubernetesListLease")]
[JsonSerializable(typeof(NetworkPolicy))]
[JsonSerializable(typeof(KubernetesList<NetworkPolicy>), TypeInfoPropertyName = "KubernetesListNetworkPolicy")]
[JsonSerializable(typeof(ClusterNetworkPolicy))]
[JsonSerializable(typeof(KubernetesList<ClusterNetworkPolicy>), TypeInfoPropertyName = "KubernetesListClusterNetworkPolicy")]
[JsonSerializable(typeof(Ingress))]
[JsonSerializable(typeof(KubernetesList<Ingress>), TypeInfoPropertyName = "KubernetesListIngress")]
[JsonSerializable(typeof(IngressClass))]
[JsonSerializable(typeof(KubernetesList<IngressClass>), TypeInfoPropertyName = "KubernetesListIngressClass")]
[JsonSerializable(typeof(IPAddress))]
[JsonSerializable(typeof(KubernetesList<IPAddress>), TypeInfoPropertyName = "KubernetesListIPAddress")]
[JsonSerializable(typeof(ServiceCidr))]
[JsonSerializable(typeof(KubernetesList<ServiceCidr>), TypeInfoPropertyName = "KubernetesListServiceCidr")]
[JsonSerializable(typeof(PodDisruptionBudget))]
[JsonSerializable(typeof(KubernetesList<PodDisruptionBudget>), TypeInfoPropertyName = "KubernetesListPodDisruptionBudget")]
[JsonSerializable(typeof(Scale))]
[JsonSerializable(typeof(KubernetesList<Scale>), TypeInfoPropertyName = "KubernetesListScale")]
[JsonSerializable(typeof(IReadOnlyList<OwnerReference>))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonNode))]
[JsonSerializable(typeof(PartialObject))]
[JsonSerializable(typeof(KubernetesList<PartialObject>), TypeInfoPropertyName = "KubernetesListPartialObject")]
[JsonSerializable(typeof(KubernetesStatus))]
[JsonSerializable(typeof(DeleteOptions))]
[JsonSerializable(typeof(ApiResourceList))]
[JsonSerializable(typeof(ApiGroupList))]
public sealed partial class KubernetesJson : JsonSerializerContext
{
    /// <summary>The options to serialize with.</summary>
    public static new JsonSerializerOptions Options => Shared.Options;

    /// <summary>How <typeparamref name="T"/> is read and written.</summary>
    /// <exception cref="NotSupportedException">The type is not one of the API's that Fairlead uses.</exception>
    public static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions CreateOptions()
    {
        JsonSerializerOptions options = new(Default.GeneratedSerializerOptions!)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = JsonTypeInfoResolver.Combine(Default, InternalJson.Default).WithAddedModifier(OmitEmpty),
        };
        options.MakeReadOnly();
        return options;
    }

    /// <summary>Made at first use: the generated half of this class has to be ready before.</summary>
    private static class Shared
    {
        public static readonly JsonSerializerOptions Options = CreateOptions();
    }

    private static void OmitEmpty(JsonTypeInfo type)
    {
        bool omitsStrings = type.Type == typeof(ObjectMeta);
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.PropertyType == typeof(string))
            {
                if (omitsStrings)
                {
                    property.ShouldSerialize = static (_, value) => value is string { Length: > 0 };
                }
            }
            else if (property.PropertyType != typeof(byte[])
                && typeof(IEnumerable).IsAssignableFrom(property.PropertyType)
                && !(type.Type == typeof(EndpointSlice) && property.Name == "endpoints"))
            {
                property.ShouldSerialize = static (_, value) => value is not null and not ICollection { Count: 0 };
            }
        }
    }
}

/// <summary>The types that only this library reads and writes.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(PodTemplateSpec.TypedPart))]
internal sealed partial class InternalJson : JsonSerializerContext;
