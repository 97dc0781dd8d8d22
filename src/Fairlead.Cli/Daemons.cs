using System.Runtime.InteropServices;

namespace Fairlead.Cli;

/// <summary>Runs what goes on until it is told to stop: SIGTERM and SIGINT end it in order.</summary>
internal static class Daemons
{
    public static async Task<int> RunAsync(Func<CancellationToken, Task> daemon, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        try
        {
            await daemon(stop.Token).ConfigureAwait(false);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (ArgumentException exception)
        {
            await Console.Error.WriteLineAsync($"fairlead: {exception.Message}").ConfigureAwait(false);
            return CommandLine.Misused;
        }
    }
}
