using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Fairlead.ControlPlane.Auth;

/// <summary>Finds out who a request comes from: a client certificate of our own authority, or a bearer token.</summary>
internal sealed class Authenticator(CertificateAuthority authority, ServiceAccountTokens tokens, TimeProvider time)
{
    private const int MaximumCached = 10000;
    private readonly ConcurrentDictionary<string, (UserInfo User, DateTime NotAfter)> _certificates = new(StringComparer.Ordinal);

    /// <summary>The user; <see cref="UserInfo.Anonymous"/> without credentials; null when there are some that don't hold.</summary>
    public UserInfo? Authenticate(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return tokens.Verify(header[7..].Trim()) is { } claims ? ServiceAccountTokens.User(claims) : null;
        }

        // Browsers can't set headers on a WebSocket: kube-apiserver takes the token from a subprotocol.
        const string Protocol = "base64url.bearer.authorization.k8s.io.";
        foreach (var protocol in context.Request.Headers["Sec-WebSocket-Protocol"].ToString().Split(',', StringSplitOptions.TrimEntries))
        {
            if (protocol.StartsWith(Protocol, StringComparison.Ordinal))
            {
                return FromProtocol(protocol[Protocol.Length..]);
            }
        }

        return context.Connection.ClientCertificate is { } certificate ? FromCertificate(certificate) : header.Length > 0 ? null : UserInfo.Anonymous;
    }

    private UserInfo? FromProtocol(string encoded)
    {
        try
        {
            var token = System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(encoded));
            return tokens.Verify(token) is { } claims ? ServiceAccountTokens.User(claims) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private UserInfo? FromCertificate(X509Certificate2 certificate)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (_certificates.TryGetValue(certificate.Thumbprint, out var known) && known.NotAfter > now)
        {
            return known.User;
        }

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.ToLocalTime();
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        if (!chain.Build(certificate))
        {
            return null;
        }

        var name = certificate.GetNameInfo(X509NameType.SimpleName, false);
        List<string> groups = [];
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == "2.5.4.10" && part.GetSingleElementValue() is { } group)
            {
                groups.Add(group);
            }
            else if (!part.HasMultipleElements && part.GetSingleElementType().Value == "2.5.4.3" && part.GetSingleElementValue() is { } commonName)
            {
                name = commonName;
            }
        }

        groups.Add("system:authenticated");
        UserInfo user = new(name, groups);
        if (_certificates.Count < MaximumCached)
        {
            _certificates[certificate.Thumbprint] = (user, certificate.NotAfter.ToUniversalTime());
        }

        return user;
    }
}
