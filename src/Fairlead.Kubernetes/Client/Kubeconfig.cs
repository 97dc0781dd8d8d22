using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.Kubernetes;

/// <summary>Reads kubeconfig files; data beats files, and relative paths are relative to the kubeconfig.</summary>
internal static class Kubeconfig
{
    private const string ServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    public static KubernetesClientOptions Load(string? path, string? contextName)
    {
        path ??= DefaultPath();
        try
        {
            return Parse(File.ReadAllText(path), path, contextName);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"there is no kubeconfig {path}; name another with --kubeconfig or $KUBECONFIG.", path, exception);
        }
    }

    /// <param name="text">The kubeconfig itself.</param>
    /// <param name="path">Where it stands, for messages and for the files that it names.</param>
    /// <param name="contextName">The context; null for the current one.</param>
    public static KubernetesClientOptions Parse(string text, string path, string? contextName)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        IReadOnlyList<JsonNode> documents = KubernetesYaml.ParseAll(text);
        JsonObject config = documents.Count == 0 ? throw new InvalidDataException($"{path} is empty.")
            : documents[0] as JsonObject ?? throw new InvalidDataException($"{path} is no kubeconfig: it has no fields.");
        contextName ??= Text(config["current-context"]) ?? throw new InvalidDataException($"{path} has no current-context.");
        JsonNode context = Named(config, "contexts", contextName, path)["context"] ?? throw new InvalidDataException($"{path}: context {contextName} is empty.");
        JsonNode cluster = Named(config, "clusters", Text(context["cluster"]), path)["cluster"] ?? throw new InvalidDataException($"{path}: the cluster of {contextName} is empty.");
        JsonNode? user = Text(context["user"]) is { Length: > 0 } userName ? Named(config, "users", userName, path)["user"] : null;
        if (user?["exec"] is not null || user?["auth-provider"] is not null)
        {
            throw new InvalidDataException($"{path}: context {contextName} gets its credentials from a plugin, which is not supported.");
        }

        byte[]? authorities = Data(cluster, "certificate-authority", directory);
        byte[]? certificate = Data(user, "client-certificate", directory);
        byte[]? key = Data(user, "client-key", directory);
        string server = Text(cluster["server"]) ?? throw new InvalidDataException($"{path}: the cluster of {contextName} has no server.");
        return new KubernetesClientOptions
        {
            Server = new Uri(server),
            Namespace = Text(context["namespace"]) is { Length: > 0 } ns ? ns : "default",
            CertificateAuthorities = authorities is null ? null : Authorities(authorities),
            SkipTlsVerify = cluster["insecure-skip-tls-verify"] is JsonValue skip && skip.TryGetValue(out bool skips) && skips,
            TlsServerName = Text(cluster["tls-server-name"]),
            ClientCertificate = certificate is null || key is null
                ? null
                : X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificate), Encoding.ASCII.GetString(key)),
            Token = Text(user?["token"]),
            TokenFile = Text(user?["tokenFile"]) is { Length: > 0 } file ? Path.Combine(directory, file) : null,
        };
    }

    public static KubernetesClientOptions InCluster()
    {
        string? host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        string? port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new InvalidOperationException("This process does not run in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set.");
        }

        string namespaceFile = Path.Combine(ServiceAccountDirectory, "namespace");
        return new KubernetesClientOptions
        {
            Server = new Uri(host.Contains(':', StringComparison.Ordinal) ? $"https://[{host}]:{port}" : $"https://{host}:{port}"),
            Namespace = File.Exists(namespaceFile) ? File.ReadAllText(namespaceFile).Trim() : "default",
            CertificateAuthorities = Authorities(File.ReadAllBytes(Path.Combine(ServiceAccountDirectory, "ca.crt"))),
            TokenFile = Path.Combine(ServiceAccountDirectory, "token"),
        };
    }

    private static string DefaultPath()
    {
        foreach (string candidate in (Environment.GetEnvironmentVariable("KUBECONFIG") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
    }

    private static JsonNode Named(JsonNode config, string list, string? name, string path)
    {
        foreach (JsonNode? entry in config[list] as JsonArray ?? [])
        {
            if (entry is not null && Text(entry["name"]) == name)
            {
                return entry;
            }
        }

        throw new InvalidDataException($"{path}: no \"{name}\" among {list}.");
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static byte[]? Data(JsonNode? section, string name, string directory)
    {
        if (Text(section?[$"{name}-data"]) is { Length: > 0 } data)
        {
            return Convert.FromBase64String(data);
        }

        return Text(section?[name]) is { Length: > 0 } file ? File.ReadAllBytes(Path.Combine(directory, file)) : null;
    }

    private static X509Certificate2Collection Authorities(byte[] pem)
    {
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPem(Encoding.ASCII.GetString(pem));
        return authorities;
    }
}
