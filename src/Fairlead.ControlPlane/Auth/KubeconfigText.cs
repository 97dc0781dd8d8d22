using System.Text;

namespace Fairlead.ControlPlane.Auth;

/// <summary>Writes kubeconfig files with everything inside.</summary>
internal static class KubeconfigText
{
    public static string Write(string server, string authority, string user, CertificatePair pair)
    {
        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: fairlead
              cluster:
                server: {server}
                certificate-authority-data: {Base64(authority)}
            users:
            - name: "{user}"
              user:
                client-certificate-data: {Base64(pair.Certificate)}
                client-key-data: {Base64(pair.PrivateKey)}
            contexts:
            - name: fairlead
              context:
                cluster: fairlead
                user: "{user}"
            current-context: fairlead

            """;
    }
}
