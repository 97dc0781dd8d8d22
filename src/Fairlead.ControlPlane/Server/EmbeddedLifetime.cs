using Microsoft.Extensions.Hosting;

namespace Fairlead.ControlPlane.Server;

/// <summary>A host that lives as long as its owner says: no signal handlers, no console.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
