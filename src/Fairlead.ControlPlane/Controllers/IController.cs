namespace Fairlead.ControlPlane.Controllers;

/// <summary>One controller: everything it reacts to is wired when it is made.</summary>
internal interface IController
{
    Task RunAsync(CancellationToken cancellationToken);
}
