using Fairlead.ControlPlane;

namespace Fairlead.Lab.Fabric;

/// <summary>
/// Makes the lab's certificate authority before its API server starts, so that the kubeconfigs of all hosts can be written at the same time and
/// nobody waits for anybody.
/// </summary>
internal static class Credentials
{
    /// <summary>Writes the administrator's kubeconfig, which reaches the API through the machine's loopback, and one for each worker and the router, which reach it over the lab's network.</summary>
    public static void Issue(LabTopology topology, LabPaths paths, int apiPort)
    {
        using CertificateAuthority authority = CertificateAuthority.Open(Path.GetDirectoryName(paths.CertificateAuthority)!);
        WritePrivate(paths.Kubeconfig, authority.IssueKubeconfig($"https://127.0.0.1:{apiPort}", "kubernetes-admin", "system:masters"));
        string server = $"https://{topology.Controller.Address}:{LabDaemons.ApiPort}";
        foreach (LabHost worker in topology.Workers)
        {
            WritePrivate(paths.HostKubeconfig(worker.Name), authority.IssueKubeconfig(server, $"system:node:{worker.Name}", "system:nodes"));
        }

        // What a cloud runs as its controller manager.
        WritePrivate(paths.HostKubeconfig(topology.Router.Name), authority.IssueKubeconfig(server, "system:cloud-controller-manager", "system:masters"));
    }

    private static void WritePrivate(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(file);
        writer.Write(text);
    }
}
