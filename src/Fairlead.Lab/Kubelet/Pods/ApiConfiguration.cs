using System.Collections.Concurrent;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>Config maps, secrets and tokens as the API has them now.</summary>
internal sealed class ApiConfiguration(KubernetesClient client, TimeProvider clock) : IConfigurationSource
{
    private const long DefaultTokenSeconds = 3600;

    /// <summary>Every pod has the API's certificate, which doesn't change while the API runs: it isn't asked for again for each of them each minute.</summary>
    private const string RootCertificate = "kube-root-ca.crt";
    private static readonly TimeSpan RootCertificateFor = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<string, (IReadOnlyDictionary<string, byte[]> Data, DateTimeOffset Until)> _rootCertificates = new();

    public async Task<IReadOnlyDictionary<string, byte[]>?> ConfigMapAsync(string podNamespace, string name, CancellationToken cancellationToken)
    {
        if (name == RootCertificate && _rootCertificates.TryGetValue(podNamespace, out var known) && clock.GetUtcNow() < known.Until)
        {
            return known.Data;
        }

        if (await client.FindAsync<ConfigMap>(new ObjectKey(podNamespace, name), cancellationToken).ConfigureAwait(false) is not { } map)
        {
            return null;
        }

        Dictionary<string, byte[]> data = map.BinaryData.ToDictionary(static pair => pair.Key, static pair => pair.Value);
        foreach (var (key, value) in map.Data)
        {
            data[key] = System.Text.Encoding.UTF8.GetBytes(value);
        }

        if (name == RootCertificate)
        {
            _rootCertificates[podNamespace] = (data, clock.GetUtcNow() + RootCertificateFor);
        }

        return data;
    }

    public async Task<IReadOnlyDictionary<string, byte[]>?> SecretAsync(string podNamespace, string name, CancellationToken cancellationToken) =>
        await client.FindAsync<Secret>(new ObjectKey(podNamespace, name), cancellationToken).ConfigureAwait(false) is { } secret ? secret.Data : null;

    /// <summary>Asks for a token of the pod's service account that dies with the pod.</summary>
    public async Task<(string Token, DateTimeOffset Expires)> TokenAsync(Pod pod, ServiceAccountTokenProjection projection, CancellationToken cancellationToken)
    {
        var seconds = projection.ExpirationSeconds ?? DefaultTokenSeconds;
        TokenRequest request = new()
        {
            Spec = new TokenRequestSpec
            {
                Audiences = projection.Audience is { Length: > 0 } audience ? [audience] : [],
                ExpirationSeconds = seconds,
                BoundObjectRef = new BoundObjectReference { ApiVersion = "v1", Kind = "Pod", Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
            },
        };
        var account = pod.Spec.ServiceAccountName is { Length: > 0 } given ? given : "default";
        var answer = await client.CreateSubresourceAsync<ServiceAccount, TokenRequest>(
            new ObjectKey(pod.Metadata.Namespace, account), "token", request, cancellationToken).ConfigureAwait(false);
        return (answer.Status.Token, answer.Status.ExpirationTimestamp ?? clock.GetUtcNow().AddSeconds(seconds));
    }
}
