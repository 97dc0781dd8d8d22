using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Lab.Kubelet.Server;

/// <summary>Who may use the kubelet API, and with what it shows itself.</summary>
internal static class KubeletCertificates
{
    /// <summary>Who may use everything here: whoever the lab's authority calls an administrator, and the API server itself.</summary>
    public static bool IsAllowed(X509Certificate2? certificate) =>
        certificate is not null && certificate.SubjectName.EnumerateRelativeDistinguishedNames().Any(static name => name.GetSingleElementType().FriendlyName switch
        {
            "O" => name.GetSingleElementValue() is "system:masters",
            "CN" => name.GetSingleElementValue() is { } common && common.StartsWith("kube-apiserver", StringComparison.Ordinal),
            _ => false,
        });

    /// <summary>Whether a certificate comes from the lab's authority.</summary>
    public static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    /// <summary>As kubelets do that were given none: the API server does not ask who signed it.</summary>
    public static X509Certificate2 SelfSigned(NodeRuntimeOptions options)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={options.NodeName}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(options.NodeName);
        foreach (var address in options.NodeAddresses)
        {
            names.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(names.Build());
        var now = options.TimeProvider.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
