using Fairlead.ControlPlane.Controllers;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane;

/// <summary>The controllers in the API server's own process; what <see cref="ApiServerOptions.Controllers"/> usually is.</summary>
public static class EmbeddedControllers
{
    /// <summary>Runs all controllers as the user of a kubeconfig until cancelled.</summary>
    /// <param name="kubeconfig">The kubeconfig's text, as <see cref="ApiServerOptions.Controllers"/> is given it.</param>
    /// <param name="options">Ranges and periods.</param>
    /// <param name="cancellationToken">Ends them.</param>
    public static async Task RunAsync(string kubeconfig, ControllerManagerOptions options, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("fairlead-controllers-");
        KubernetesClientOptions client;
        try
        {
            var path = Path.Combine(directory.FullName, "kubeconfig");
            CertificateAuthority.WritePrivate(path, kubeconfig);
            client = KubernetesClientOptions.FromKubeconfig(path);
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        using KubernetesClient controllers = new(client with { UserAgent = "fairlead-controller-manager" });
        await ControllerManager.RunAsync(controllers, options, cancellationToken);
    }
}
