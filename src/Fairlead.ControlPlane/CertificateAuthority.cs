using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.ControlPlane;

/// <summary>A certificate and its private key, both as PEM text.</summary>
/// <param name="Certificate">The certificate, PEM.</param>
/// <param name="PrivateKey">The private key, PKCS#8 PEM.</param>
public sealed record CertificatePair(string Certificate, string PrivateKey);

/// <summary>
/// The cluster's own certificate authority (ECDSA P-256), kept as <c>ca.crt</c> and <c>ca.key</c> in a directory. It issues the
/// server's certificate and client certificates, whose common name is the user and whose organisations are the groups.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);
    private readonly X509Certificate2 _certificate;
    private readonly TimeProvider _time;

    private CertificateAuthority(X509Certificate2 certificate, TimeProvider time)
    {
        _certificate = certificate;
        _time = time;
    }

    /// <summary>The authority's certificate, PEM.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem();

    /// <summary>The authority's certificate, without its key.</summary>
    internal X509Certificate2 Certificate => _certificate;

    /// <summary>Opens the authority in <paramref name="directory"/>, making it first when it isn't there.</summary>
    /// <param name="directory">Usually <c>DataDirectory/pki</c>; made with mode 0700.</param>
    /// <param name="time">The clock for validity times; the system's when null.</param>
    /// <exception cref="CryptographicException">The files there are not a certificate and its key.</exception>
    public static CertificateAuthority Open(string directory, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var certificatePath = Path.Combine(directory, "ca.crt");
        var keyPath = Path.Combine(directory, "ca.key");
        if (!File.Exists(certificatePath) || !File.Exists(keyPath))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new("CN=fairlead-ca", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            using var made = request.CreateSelfSigned(time.GetUtcNow().AddHours(-1), time.GetUtcNow() + Lifetime);
            WritePrivate(keyPath, key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(certificatePath, made.ExportCertificatePem());
        }

        return new CertificateAuthority(X509Certificate2.CreateFromPemFile(certificatePath, keyPath), time);
    }

    /// <summary>A client certificate for a user.</summary>
    /// <param name="user">The user's name, for example <c>system:node:worker-0</c>.</param>
    /// <param name="groups">The user's groups, for example <c>system:nodes</c>.</param>
    public CertificatePair IssueClient(string user, params IEnumerable<string> groups) =>
        Issue(user, groups, client: true, server: false, [], []);

    /// <summary>A server certificate for the given names and addresses; also good as a client's.</summary>
    /// <param name="name">The common name.</param>
    /// <param name="dnsNames">DNS names that the server is reached by.</param>
    /// <param name="addresses">Addresses that the server is reached by.</param>
    public CertificatePair IssueServer(string name, IEnumerable<string> dnsNames, IEnumerable<IPAddress> addresses) =>
        Issue(name, [], client: false, server: true, dnsNames, addresses);

    /// <summary>A kubeconfig file's text, with a fresh client certificate inside.</summary>
    /// <param name="server">The API server's URL, for example <c>https://10.240.0.10:6443</c>.</param>
    /// <param name="user">The user's name.</param>
    /// <param name="groups">The user's groups.</param>
    public string IssueKubeconfig(string server, string user, params IEnumerable<string> groups)
    {
        var pair = IssueClient(user, groups);
        return Auth.KubeconfigText.Write(server, CertificatePem, user, pair);
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    /// <summary>Signs a certificate signing request (PEM) as a client certificate with the subject that it asks for.</summary>
    /// <param name="requestPem">A PKCS#10 request, PEM.</param>
    internal string Sign(string requestPem)
    {
        var request = CertificateRequest.LoadSigningRequestPem(requestPem, HashAlgorithmName.SHA256, signerSignaturePadding: RSASignaturePadding.Pkcs1);
        Extend(request, client: true, server: false, [], []);
        using var signed = request.Create(_certificate, _time.GetUtcNow().AddHours(-1), _time.GetUtcNow().AddYears(1), RandomNumberGenerator.GetBytes(16));
        return signed.ExportCertificatePem();
    }

    internal static void WritePrivate(string path, string text)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        using (FileStream stream = new(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }

        File.Move(temporary, path, overwrite: true);
    }

    private CertificatePair Issue(string name, IEnumerable<string> groups, bool client, bool server, IEnumerable<string> dnsNames, IEnumerable<IPAddress> addresses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X500DistinguishedNameBuilder subject = new();
        foreach (var group in groups)
        {
            subject.AddOrganizationName(group);
        }

        subject.AddCommonName(name);
        CertificateRequest request = new(subject.Build(), key, HashAlgorithmName.SHA256);
        Extend(request, client, server, dnsNames, addresses);
        using var issued = request.Create(_certificate, _time.GetUtcNow().AddHours(-1), _certificate.NotAfter, RandomNumberGenerator.GetBytes(16));
        return new CertificatePair(issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private void Extend(CertificateRequest request, bool client, bool server, IEnumerable<string> dnsNames, IEnumerable<IPAddress> addresses)
    {
        OidCollection usages = [];
        if (server)
        {
            usages.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        }

        if (client)
        {
            usages.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        SubjectAlternativeNameBuilder names = new();
        var any = false;
        foreach (var dnsName in dnsNames)
        {
            names.AddDnsName(dnsName);
            any = true;
        }

        foreach (var address in addresses)
        {
            names.AddIpAddress(address);
            any = true;
        }

        if (any)
        {
            request.CertificateExtensions.Add(names.Build());
        }
    }
}
