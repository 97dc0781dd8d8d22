using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Auth;

/// <summary>
/// Service account tokens: JWTs (RFC 7519) signed with ES256 by a key of this server, with the claims of Kubernetes' bound tokens.
/// </summary>
internal sealed class ServiceAccountTokens : IDisposable
{
    public const string Issuer = "https://kubernetes.default.svc.cluster.local";
    private readonly ECDsa _key;
    private readonly string _keyId;
    private readonly TimeProvider _time;

    public ServiceAccountTokens(string directory, TimeProvider time)
    {
        _time = time;
        var path = Path.Combine(directory, "sa.key");
        _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
        {
            _key.ImportFromPem(File.ReadAllText(path));
        }
        else
        {
            CertificateAuthority.WritePrivate(path, _key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(Path.Combine(directory, "sa.pub"), _key.ExportSubjectPublicKeyInfoPem());
        }

        _keyId = Base64Url.EncodeToString(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>Makes a token for an account; <paramref name="boundTo"/> (a pod, secret or node) is named in it.</summary>
    public (string Token, DateTimeOffset Expires) Issue(
        string ns, string name, string uid, IEnumerable<string> audiences, TimeSpan lifetime, (string Kind, string Name, string Uid)? boundTo)
    {
        var now = _time.GetUtcNow();
        var expires = now + lifetime;
        JsonObject kubernetes = new()
        {
            ["namespace"] = ns,
            ["serviceaccount"] = new JsonObject { ["name"] = name, ["uid"] = uid },
        };
        if (boundTo is { } bound)
        {
            kubernetes[bound.Kind.ToLowerInvariant()] = new JsonObject { ["name"] = bound.Name, ["uid"] = bound.Uid };
        }

        JsonObject claims = new()
        {
            ["aud"] = new JsonArray([.. audiences.Select(audience => (JsonNode)audience)]),
            ["exp"] = expires.ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["iss"] = Issuer,
            ["jti"] = Guid.NewGuid().ToString(),
            ["kubernetes.io"] = kubernetes,
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["sub"] = $"system:serviceaccount:{ns}:{name}",
        };
        JsonObject header = new() { ["alg"] = "ES256", ["kid"] = _keyId };
        var signed = Base64Url.EncodeToString(KubernetesJson.WriteNode(header)) + "." + Base64Url.EncodeToString(KubernetesJson.WriteNode(claims));
        var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        return ($"{signed}.{Base64Url.EncodeToString(signature)}", expires);
    }

    /// <summary>The claims of a good token, or null: wrong signature, expired, another issuer.</summary>
    public JsonObject? Verify(string token)
    {
        try
        {
            var second = token.LastIndexOf('.');
            var first = token.IndexOf('.');
            if (first <= 0 || second <= first
                || !_key.VerifyData(Encoding.ASCII.GetBytes(token[..second]), Base64Url.DecodeFromChars(token.AsSpan(second + 1)), HashAlgorithmName.SHA256))
            {
                return null;
            }

            var claims = KubernetesJson.ParseObject(Base64Url.DecodeFromChars(token.AsSpan(first + 1, second - first - 1)));
            var now = _time.GetUtcNow().ToUnixTimeSeconds();
            return claims.StringAt("iss") == Issuer && claims.IntegerAt("exp") > now && (claims.IntegerAt("nbf") ?? 0) <= now ? claims : null;
        }
        catch (Exception exception) when (exception is FormatException or System.Text.Json.JsonException or CryptographicException)
        {
            return null;
        }
    }

    public static UserInfo User(JsonObject claims)
    {
        var ns = claims.StringAt("kubernetes.io", "namespace") ?? "";
        var extra = new Dictionary<string, string[]> { ["authentication.kubernetes.io/credential-id"] = ["JTI=" + claims.StringAt("jti")] };
        if (claims.ObjectAt("kubernetes.io", "pod") is { } pod)
        {
            extra["authentication.kubernetes.io/pod-name"] = [pod.StringAt("name") ?? ""];
            extra["authentication.kubernetes.io/pod-uid"] = [pod.StringAt("uid") ?? ""];
        }

        return new UserInfo(
            claims.StringAt("sub") ?? "",
            ["system:serviceaccounts", "system:serviceaccounts:" + ns, "system:authenticated"],
            claims.StringAt("kubernetes.io", "serviceaccount", "uid") ?? "",
            extra);
    }

    /// <summary>The public key as a JWK set (RFC 7517).</summary>
    public JsonObject KeySet()
    {
        var point = _key.ExportParameters(false).Q;
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["use"] = "sig", ["kty"] = "EC", ["kid"] = _keyId, ["crv"] = "P-256", ["alg"] = "ES256",
                ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y),
            }),
        };
    }

    public void Dispose() => _key.Dispose();
}
