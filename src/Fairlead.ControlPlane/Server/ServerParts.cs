using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.ControlPlane.Admission;
using Fairlead.ControlPlane.Auth;
using Fairlead.ControlPlane.Authorization;
using Fairlead.ControlPlane.Discovery;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Resources.Custom;
using Fairlead.ControlPlane.Services;
using Fairlead.ControlPlane.Storage;
using Fairlead.ControlPlane.Streaming;
using Microsoft.Extensions.Logging;

namespace Fairlead.ControlPlane.Server;

/// <summary>What a server is made of, wired by hand: there is one of each.</summary>
internal sealed class ServerParts : IDisposable
{
    private readonly ApiServerOptions _options;
    private readonly ServiceAccountTokens _tokens;
    private readonly ObjectWriter _writer;
    private readonly X509Certificate2 _kubeletClient;
    private readonly CancellationTokenSource _stopping = new();
    private Task _customKinds = Task.CompletedTask;
    private Task _upkeep = Task.CompletedTask;
    private volatile bool _bootstrapped;

    private ServerParts(ApiServerOptions options)
    {
        _options = options;
        var pki = Path.Combine(options.DataDirectory, "pki");
        Authority = CertificateAuthority.Open(pki, options.Time);
        _tokens = new ServiceAccountTokens(pki, options.Time);
        ServerCertificate = ServingCertificate.Open(pki, Authority, options);
        var pair = Authority.IssueClient("kube-apiserver-kubelet-client", "system:masters");
        _kubeletClient = X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey);
        Store = new ObjectStore(Path.Combine(options.DataDirectory, "objects.db"));
        Registry = new ResourceRegistry(Store);
        Registry.Add(BuiltinResources.Rows());
        Allocator = new ServiceAllocator([.. options.ServiceCidrs.Select(cidr => new ServiceRange(cidr))], options.FirstNodePort, options.LastNodePort, options.Time);
        foreach (var service in Store.List(Registry.Find("", "v1", "services")!.Collection!, null).Items)
        {
            Allocator.Adopt(KubernetesJson.ParseObject(service.Json));
        }

        _writer = new ObjectWriter(Store, Registry, Allocator, options.Time)
        {
            ServiceAccounts = options.ServiceAccountAdmission ? new ServiceAccountAdmission(Store, Registry, options.Time) : null,
        };
    }

    public CertificateAuthority Authority { get; }

    public X509Certificate2 ServerCertificate { get; }

    public ObjectStore Store { get; }

    public ResourceRegistry Registry { get; }

    public ServiceAllocator Allocator { get; }

    public static ServerParts Create(ApiServerOptions options) => new(options);

    public ApiHandler CreateHandler(ILoggerFactory logging)
    {
        IAuthorizer authorizer = _options.Authorization == AuthorizationMode.AlwaysAllow ? new AlwaysAllow() : new RoleAuthorizer(Store, Registry);
        ObjectCodec codec = new(Registry);
        ObjectDeleter deleter = new(_writer);
        return new ApiHandler(
            new Authenticator(Authority, _tokens, _options.Time),
            authorizer,
            _tokens,
            Registry,
            new DiscoveryDocuments(Registry),
            new OpenApiDocuments(Registry),
            new ReadRequests(Store, _options.Time),
            new WatchRequest(Store, _options.Time),
            new WriteRequests(_writer, deleter, codec),
            new SubresourceRequests(_writer, deleter, codec, Registry, _tokens),
            new ReviewRequests(codec, _tokens, authorizer, _options.Time),
            new ProxyRequests(Store, Registry, new StreamProxy(_kubeletClient)),
            () => _bootstrapped,
            logging.CreateLogger<ApiHandler>());
    }

    /// <summary>Serves the custom kinds that are stored; before the first request.</summary>
    public void LoadCustomKinds(ILoggerFactory logging)
    {
        CustomResourceLoop loop = new(Store, Registry, _writer, new ObjectDeleter(_writer), logging.CreateLogger<CustomResourceLoop>());
        var position = loop.Load();
        _customKinds = loop.RunAsync(position, _stopping.Token);
    }

    /// <summary>Writes the objects that every cluster has, once the port is known.</summary>
    public async Task CompleteAsync(ApiServerOptions options, int port)
    {
        Bootstrap bootstrap = new(_writer, Registry);
        await bootstrap.RunAsync(options, port);
        _bootstrapped = true;
        _upkeep = bootstrap.KeepAsync(options, port, _stopping.Token);
    }

    /// <summary>Ends what runs in the background.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_customKinds, _upkeep);
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
    }

    public void Dispose()
    {
        Store.Dispose();
        _stopping.Dispose();
        _tokens.Dispose();
        _kubeletClient.Dispose();
        ServerCertificate.Dispose();
        Authority.Dispose();
    }
}

/// <summary>The server's own certificate, kept while it names everything under which the server is reached.</summary>
internal static class ServingCertificate
{
    public static X509Certificate2 Open(string directory, CertificateAuthority authority, ApiServerOptions options)
    {
        var certificatePath = Path.Combine(directory, "apiserver.crt");
        var keyPath = Path.Combine(directory, "apiserver.key");
        var (names, addresses) = Names(options);
        if (File.Exists(certificatePath) && File.Exists(keyPath))
        {
            var known = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
            var listed = known.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
            if (listed is not null
                && names.All(name => listed.EnumerateDnsNames().Contains(name))
                && addresses.All(address => listed.EnumerateIPAddresses().Contains(address))
                && known.NotAfter.ToUniversalTime() > options.Time.GetUtcNow().UtcDateTime.AddDays(30))
            {
                return known;
            }

            known.Dispose();
        }

        var pair = authority.IssueServer("kube-apiserver", names, addresses);
        CertificateAuthority.WritePrivate(keyPath, pair.PrivateKey);
        File.WriteAllText(certificatePath, pair.Certificate);
        return X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey);
    }

    private static (List<string> Names, HashSet<IPAddress> Addresses) Names(ApiServerOptions options)
    {
        List<string> names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
        if (Uri.CheckHostName(Environment.MachineName) == UriHostNameType.Dns)
        {
            names.Add(Environment.MachineName);
        }

        HashSet<IPAddress> addresses = [IPAddress.Loopback, IPAddress.IPv6Loopback, .. options.ServiceCidrs.Select(Bootstrap.KubernetesAddress)];
        if (!options.BindAddress.Equals(IPAddress.Any) && !options.BindAddress.Equals(IPAddress.IPv6Any))
        {
            addresses.Add(options.BindAddress);
        }

        if (options.AdvertiseAddress is { } advertised)
        {
            addresses.Add(advertised);
        }

        foreach (var extra in options.ExtraNames)
        {
            if (IPAddress.TryParse(extra, out var address))
            {
                addresses.Add(address);
            }
            else
            {
                names.Add(extra);
            }
        }

        return (names, addresses);
    }
}
