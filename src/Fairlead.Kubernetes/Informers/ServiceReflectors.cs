namespace Fairlead.Kubernetes;

/// <summary>
/// Services and their endpoint slices as they come from the API, for all who work with them: they are most of what a cluster's network is made from, and are sent and
/// decoded once.
/// </summary>
public sealed class ServiceReflectors
{
    /// <summary>Reflectors; nothing happens before <see cref="RunAsync"/>.</summary>
    /// <param name="client">The API.</param>
    /// <param name="failed">Told what failed and will be tried again: the resource, and why.</param>
    /// <param name="options">Which ones; null: all.</param>
    public ServiceReflectors(KubernetesClient client, Action<string, string> failed, InformerOptions? options = null)
    {
        Services = new(client, Service.ResourceKind, options);
        Slices = new(client, EndpointSlice.ResourceKind, options);
        Services.Failed += e => failed(Services.Definition.Plural, e.Message);
        Slices.Failed += e => failed(Slices.Definition.Plural, e.Message);
    }

    /// <summary>The Services.</summary>
    public Reflector<Service> Services { get; }

    /// <summary>Their endpoint slices.</summary>
    public Reflector<EndpointSlice> Slices { get; }

    /// <summary>Runs both until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(Services.RunAsync(cancellationToken), Slices.RunAsync(cancellationToken));
}
