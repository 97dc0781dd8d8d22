using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Kubernetes;

/// <summary>Where an API server is, and who we are to it.</summary>
public sealed record KubernetesClientOptions
{
    /// <summary>The server, such as <c>https://10.240.0.10:6443</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>The namespace that the context names; <c>default</c> where it names none.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>The authorities to trust; null for the machine's own.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>Whether any server certificate is taken.</summary>
    public bool SkipTlsVerify { get; init; }

    /// <summary>The name that the server's certificate must bear, where it differs from the URL's.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Our certificate with its private key.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>A bearer token.</summary>
    public string? Token { get; init; }

    /// <summary>A file with a bearer token, read again every minute because tokens expire.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Sent with every request; shows in the server's log and as the field manager.</summary>
    public string UserAgent { get; init; } = "fairlead";

    /// <summary>How long a request may take, watches apart.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock of timeouts and retries.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The options of a kubeconfig file's context.</summary>
    /// <param name="path">The file; null for <c>$KUBECONFIG</c> (its first existing file), then <c>~/.kube/config</c>.</param>
    /// <param name="context">The context; null for the current one.</param>
    /// <exception cref="InvalidDataException">The file lacks something, or asks for a credential plugin.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static KubernetesClientOptions FromKubeconfig(string? path = null, string? context = null) => Kubeconfig.Load(path, context);

    /// <summary>The options of a kubeconfig that is no file: its current context, with everything it needs inside.</summary>
    /// <param name="text">The kubeconfig, YAML or JSON.</param>
    /// <exception cref="InvalidDataException">The text lacks something.</exception>
    public static KubernetesClientOptions FromKubeconfigText(string text) => Kubeconfig.Parse(text, "kubeconfig", null);

    /// <summary>The options that a pod's service account gives it.</summary>
    /// <exception cref="InvalidOperationException">This process does not run in a pod.</exception>
    public static KubernetesClientOptions InCluster() => Kubeconfig.InCluster();

    /// <summary>The options as daemons find them: the file that is named, then <c>$KUBECONFIG</c>, then the service account of the pod that they run in, then <c>~/.kube/config</c>.</summary>
    /// <param name="path">The kubeconfig file; null where none is named.</param>
    public static KubernetesClientOptions Find(string? path)
    {
        bool inCluster = path is null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBECONFIG"))
            && !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"));
        return inCluster ? InCluster() : FromKubeconfig(path);
    }
}
