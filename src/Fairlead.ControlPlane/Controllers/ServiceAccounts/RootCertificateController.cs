using System.Security.Cryptography.X509Certificates;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.ServiceAccounts;

/// <summary>Every namespace has the ConfigMap kube-root-ca.crt with which its pods recognise the API server.</summary>
internal sealed class RootCertificateController : IController
{
    private const string Name = "kube-root-ca.crt";
    private const string File = "ca.crt";

    private readonly ControllerContext _context;
    private readonly Informer<Namespace> _namespaces;
    private readonly Informer<ConfigMap> _maps;
    private readonly ReconcileLoop _loop;
    private readonly string? _certificates;

    public RootCertificateController(ControllerContext context)
    {
        _context = context;
        _certificates = context.Options.RootCertificates ?? Pem(context.Client.Options.CertificateAuthorities);
        _namespaces = context.Informer<Namespace>();
        _maps = context.Informer<ConfigMap>();
        _loop = new ReconcileLoop(context, "rootca", ReconcileAsync);
        _loop.OnEach(_namespaces);
        _loop.On(_maps, change =>
        {
            if (change.Key.Name == Name)
            {
                _loop.Queue.Add(new ObjectKey("", change.Key.Namespace));
            }
        });
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private static string? Pem(X509Certificate2Collection? authorities) =>
        authorities is null ? null : string.Concat(authorities.Select(authority => authority.ExportCertificatePem() + "\n"));

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_certificates is null || _namespaces.Get(key) is not { Metadata.IsDeleting: false })
        {
            return;
        }

        try
        {
            Dictionary<string, string> data = new() { [File] = _certificates };
            if (_maps.Get(new ObjectKey(key.Name, Name)) is { } map)
            {
                await _context.Client.UpdateAsync(map, map with { Data = data }, null, cancellationToken).ConfigureAwait(false);
                return;
            }

            ConfigMap created = new()
            {
                Metadata = new ObjectMeta
                {
                    Name = Name,
                    Namespace = key.Name,
                    Annotations = new Dictionary<string, string>
                    {
                        ["kubernetes.io/description"] = "The certificates that the API server is recognised by inside the cluster (kubernetes.default.svc).",
                    },
                },
                Data = data,
            };
            _maps.Observe(await _context.Client.CreateAsync(created, cancellationToken).ConfigureAwait(false));
        }
        catch (KubernetesException e) when (e.IsAlreadyExists || e.IsNamespaceTerminating)
        {
            // There it is, or nobody needs it any more.
        }
    }
}
