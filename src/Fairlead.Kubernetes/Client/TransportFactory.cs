using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Kubernetes;

/// <summary>Makes the HTTP handler: h2 where the server offers it, our authorities, our certificate, keep-alive pings that notice a dead server.</summary>
internal static class TransportFactory
{
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    public static HttpMessageHandler Create(KubernetesClientOptions options)
    {
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ConnectTimeout = PingTimeout,
            SslOptions = Tls(options),
        };
        return options.TokenFile is null ? handler : new TokenFileHandler(options.TokenFile, options.TimeProvider) { InnerHandler = handler };
    }

    private static SslClientAuthenticationOptions Tls(KubernetesClientOptions options)
    {
        SslClientAuthenticationOptions tls = new();
        if (options.TlsServerName is not null)
        {
            tls.TargetHost = options.TlsServerName;
        }

        if (options.ClientCertificate is not null)
        {
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(options.ClientCertificate, null, offline: true);
        }

        if (options.SkipTlsVerify)
        {
#pragma warning disable CA5359 // The kubeconfig asks for it by name: insecure-skip-tls-verify.
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (options.CertificateAuthorities is { } authorities)
        {
            X509ChainPolicy policy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            policy.CustomTrustStore.AddRange(authorities);
            tls.CertificateChainPolicy = policy;
        }

        return tls;
    }

    private sealed class TokenFileHandler(string path, TimeProvider time) : DelegatingHandler
    {
        private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);
        private string? _token;
        private long _readAt;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (_token is null || time.GetElapsedTime(_readAt) > Lifetime)
            {
                _token = File.ReadAllText(path).Trim();
                _readAt = time.GetTimestamp();
            }

            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
