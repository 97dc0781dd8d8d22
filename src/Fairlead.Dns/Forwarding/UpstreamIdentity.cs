using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Dns.Forwarding;

/// <summary>What TLS connections prove and demand, with the certificates read.</summary>
internal sealed class UpstreamIdentity : IDisposable
{
    private readonly UpstreamTls tls;
    private readonly X509Certificate2? own;
    private readonly X509Certificate2Collection authorities = [];

    /// <summary>Reads the certificates.</summary>
    /// <exception cref="CryptographicException">A file holds none.</exception>
    public UpstreamIdentity(UpstreamTls tls)
    {
        this.tls = tls;
        if (tls.Certificate is { } certificate)
        {
            own = X509Certificate2.CreateFromPemFile(certificate, tls.Key);
        }

        if (tls.Authorities is { } file)
        {
            authorities.ImportFromPemFile(file);
            if (authorities.Count == 0)
            {
                throw new CryptographicException($"{file} holds no certificate.");
            }
        }
    }

    public SslClientAuthenticationOptions For(UpstreamAddress upstream, SslApplicationProtocol protocol)
    {
        SslClientAuthenticationOptions options = new()
        {
            // Without a name, the certificate has to name the address itself (RFC 8310, section 8.1).
            TargetHost = upstream.ServerName ?? tls.ServerName ?? upstream.Address.Address.ToString(),
            ApplicationProtocols = [protocol],
            ClientCertificates = own is null ? null : [own],
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (authorities.Count > 0)
        {
            options.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }

    public void Dispose()
    {
        own?.Dispose();
        foreach (X509Certificate2 authority in authorities)
        {
            authority.Dispose();
        }
    }
}
