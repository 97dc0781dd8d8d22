using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>A container cannot be made as its pod says: something it refers to is missing. Shown as <c>CreateContainerConfigError</c>.</summary>
internal sealed class ContainerConfigurationException(string message) : Exception(message);

/// <summary>Where a container's variables come from, beside the pod itself; null means that the object is not there.</summary>
internal interface IConfigurationSource
{
    /// <summary>The data of a config map.</summary>
    Task<IReadOnlyDictionary<string, byte[]>?> ConfigMapAsync(string podNamespace, string name, CancellationToken cancellationToken);

    /// <summary>The data of a secret.</summary>
    Task<IReadOnlyDictionary<string, byte[]>?> SecretAsync(string podNamespace, string name, CancellationToken cancellationToken);
}

/// <summary>Makes a container's variables: the Services', then <c>envFrom</c>, then <c>env</c> in order, each able to name the earlier ones.</summary>
internal static class ContainerEnvironment
{
    public static async Task<Dictionary<string, string>> BuildAsync(
        Container container, DownwardFields fields, IReadOnlyDictionary<string, string> services, IConfigurationSource source, CancellationToken cancellationToken)
    {
        Dictionary<string, string> result = new(services, StringComparer.Ordinal);
        var podNamespace = fields.Pod.Metadata.Namespace;
        foreach (var from in container.EnvFrom)
        {
            var data = from switch
            {
                { ConfigMapRef: { } map } => await ConfigMapAsync(map.Name, map.Optional).ConfigureAwait(false),
                { SecretRef: { } secret } => await SecretAsync(secret.Name, secret.Optional).ConfigureAwait(false),
                _ => null,
            };
            foreach (var (key, value) in data ?? new Dictionary<string, byte[]>())
            {
                result[from.Prefix + key] = Text(value);
            }
        }

        foreach (var variable in container.Env)
        {
            var value = variable.ValueFrom is { } reference
                ? await ResolveAsync(reference).ConfigureAwait(false)
                : VariableExpansion.Expand(variable.Value ?? "", result);
            if (value is not null)
            {
                result[variable.Name] = value;
            }
        }

        return result;

        async Task<string?> ResolveAsync(EnvironmentVariableSource reference)
        {
            switch (reference)
            {
                case { FieldRef: { } field }:
                    return fields.Field(field.FieldPath) ?? throw new ContainerConfigurationException($"unsupported fieldPath: {field.FieldPath}");
                case { ResourceFieldRef: { } resource }:
                    return fields.Resource(resource, container.Name) ?? throw new ContainerConfigurationException($"unsupported resource: {resource.Resource}");
                case { ConfigMapKeyRef: { } key }:
                    return Value(await ConfigMapAsync(key.Name, key.Optional).ConfigureAwait(false), key.Key, key.Optional, "ConfigMap", key.Name);
                case { SecretKeyRef: { } key }:
                    return Value(await SecretAsync(key.Name, key.Optional).ConfigureAwait(false), key.Key, key.Optional, "Secret", key.Name);
                default:
                    return null;
            }
        }

        string? Value(IReadOnlyDictionary<string, byte[]>? data, string key, bool? optional, string kind, string? name) =>
            data is null ? null
            : data.TryGetValue(key, out var value) ? Text(value)
            : optional == true ? null
            : throw new ContainerConfigurationException($"couldn't find key {key} in {kind} {podNamespace}/{name}");

        async Task<IReadOnlyDictionary<string, byte[]>?> ConfigMapAsync(string? name, bool? optional) =>
            await source.ConfigMapAsync(podNamespace, name ?? "", cancellationToken).ConfigureAwait(false) is { } data ? data
            : optional == true ? null
            : throw new ContainerConfigurationException($"configmap \"{name}\" not found");

        async Task<IReadOnlyDictionary<string, byte[]>?> SecretAsync(string? name, bool? optional) =>
            await source.SecretAsync(podNamespace, name ?? "", cancellationToken).ConfigureAwait(false) is { } data ? data
            : optional == true ? null
            : throw new ContainerConfigurationException($"secret \"{name}\" not found");
    }

    private static string Text(byte[] value) => System.Text.Encoding.UTF8.GetString(value);
}
