using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.ServiceAccounts;

/// <summary>Every namespace has a service account named default.</summary>
internal sealed class ServiceAccountController : IController
{
    private const string Name = "default";

    private readonly ControllerContext _context;
    private readonly Informer<Namespace> _namespaces;
    private readonly Informer<ServiceAccount> _accounts;
    private readonly ReconcileLoop _loop;

    public ServiceAccountController(ControllerContext context)
    {
        _context = context;
        _namespaces = context.Informer<Namespace>();
        _accounts = context.Informer<ServiceAccount>();
        _loop = new ReconcileLoop(context, "serviceaccount", ReconcileAsync);
        _loop.OnEach(_namespaces);
        _loop.On(_accounts, change =>
        {
            if (change.New is null && change.Key.Name == Name)
            {
                _loop.Queue.Add(new ObjectKey("", change.Key.Namespace));
            }
        });
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_namespaces.Get(key) is not { Metadata.IsDeleting: false } || _accounts.Get(new ObjectKey(key.Name, Name)) is not null)
        {
            return;
        }

        try
        {
            ServiceAccount account = new() { Metadata = new ObjectMeta { Name = Name, Namespace = key.Name } };
            _accounts.Observe(await _context.Client.CreateAsync(account, cancellationToken).ConfigureAwait(false));
        }
        catch (KubernetesException e) when (e.IsAlreadyExists || e.IsNamespaceTerminating)
        {
            // There it is, or nobody needs it any more.
        }
    }
}
