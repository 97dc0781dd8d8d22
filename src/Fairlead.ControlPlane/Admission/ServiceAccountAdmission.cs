using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Admission;

/// <summary>
/// What a new pod gets from its service account: the account's name when it names none, its image pull secrets, and in every container the volume in which
/// programs find token, certificate and namespace (kubernetes, plugin/pkg/admission/serviceaccount).
/// </summary>
internal sealed class ServiceAccountAdmission(ObjectStore store, ResourceRegistry registry, TimeProvider time)
{
    private const string DefaultAccount = "default";
    private const string VolumePrefix = "kube-api-access-";
    private const string MountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>An hour, and seven seconds by which such tokens are told from those that somebody asked an hour for.</summary>
    private const long TokenSeconds = 3607;

    /// <summary>A namespace's first pod may come before the controller has made its default account.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Completes a pod that is about to be created.</summary>
    /// <exception cref="StatusException">The account is not there.</exception>
    public async Task AdmitAsync(ResourceDefinition resource, string ns, JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        if (pod.At("metadata", "annotations", "kubernetes.io/config.mirror") is not null)
        {
            // What a node runs by itself has no account.
            return;
        }

        if (string.IsNullOrEmpty(spec.StringAt("serviceAccountName")))
        {
            spec["serviceAccountName"] = DefaultAccount;
        }

        var name = spec.StringAt("serviceAccountName")!;
        spec["serviceAccount"] = name;
        var account = await FindAsync(ns, name)
            ?? throw StatusException.Forbidden(resource, pod.StringAt("metadata", "name") ?? "", $"error looking up service account {ns}/{name}: serviceaccount \"{name}\" not found");
        if (spec.BooleanAt("automountServiceAccountToken") ?? account.BooleanAt("automountServiceAccountToken") ?? true)
        {
            Mount(spec);
        }

        if (spec.At("imagePullSecrets") is not JsonArray { Count: > 0 } && account["imagePullSecrets"] is JsonArray { Count: > 0 } secrets)
        {
            spec["imagePullSecrets"] = secrets.DeepClone();
        }
    }

    private async Task<JsonObject?> FindAsync(string ns, string name)
    {
        var accounts = registry.Find("", "v1", "serviceaccounts")!.Collection!;
        var start = time.GetTimestamp();
        while (true)
        {
            if (store.FindLatest(accounts, ns, name) is { } found)
            {
                return KubernetesJson.ParseObject(found.Json);
            }

            if (name != DefaultAccount || time.GetElapsedTime(start) >= s_patience)
            {
                return null;
            }

            await Task.Delay(s_pause, time);
        }
    }

    private static void Mount(JsonObject spec)
    {
        HashSet<string> names = [.. spec.ObjectsAt("volumes").Select(volume => volume.StringAt("name") ?? "")];
        var volume = names.FirstOrDefault(name => name.StartsWith(VolumePrefix, StringComparison.Ordinal));
        var isNew = volume is null;
        while (volume is null || (isNew && names.Contains(volume)))
        {
            volume = ObjectMetadata.GeneratedName(VolumePrefix);
        }

        var mounted = false;
        foreach (var container in spec.ObjectsAt("initContainers").Concat(spec.ObjectsAt("containers")))
        {
            if (container.ObjectsAt("volumeMounts").Any(mount => mount.StringAt("mountPath") == MountPath))
            {
                continue;
            }

            if (container["volumeMounts"] is not JsonArray mounts)
            {
                container["volumeMounts"] = mounts = [];
            }

            mounts.Put(new JsonObject { ["name"] = volume, ["readOnly"] = true, ["mountPath"] = MountPath });
            mounted = true;
        }

        if (mounted && isNew)
        {
            if (spec["volumes"] is not JsonArray volumes)
            {
                spec["volumes"] = volumes = [];
            }

            volumes.Put(Access(volume));
        }
    }

    private static JsonObject Access(string name) => new()
    {
        ["name"] = name,
        ["projected"] = new JsonObject
        {
            ["sources"] = new JsonArray(
                new JsonObject { ["serviceAccountToken"] = new JsonObject { ["expirationSeconds"] = TokenSeconds, ["path"] = "token" } },
                new JsonObject
                {
                    ["configMap"] = new JsonObject
                    {
                        ["name"] = "kube-root-ca.crt",
                        ["items"] = new JsonArray(new JsonObject { ["key"] = "ca.crt", ["path"] = "ca.crt" }),
                    },
                },
                new JsonObject
                {
                    ["downwardAPI"] = new JsonObject
                    {
                        ["items"] = new JsonArray(new JsonObject
                        {
                            ["path"] = "namespace",
                            ["fieldRef"] = new JsonObject { ["apiVersion"] = "v1", ["fieldPath"] = "metadata.namespace" },
                        }),
                    },
                }),
            ["defaultMode"] = 420L,
        },
    };
}
