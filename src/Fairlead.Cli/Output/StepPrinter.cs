using System.Globalization;
using Fairlead.Lab.Fabric;
using Spectre.Console;

namespace Fairlead.Cli.Output;

/// <summary>Shows the steps of a long command: live on a terminal, one plain line for each elsewhere.</summary>
internal static class StepPrinter
{
    public static Task<T> RunAsync<T>(Func<LabSteps, Task<T>> command) => AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected
        ? AnsiConsole.Status().StartAsync("…", context => command(new LabSteps(new LiveProgress(context), TimeProvider.System)))
        : command(new LabSteps(new PlainProgress(), TimeProvider.System));

    public static string Duration(TimeSpan time) => time.TotalSeconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:F0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F2} s");

    private sealed class LiveProgress(StatusContext context) : IProgress<LabStep>
    {
        public void Report(LabStep value)
        {
            if (value.Took is TimeSpan took)
            {
                AnsiConsole.MarkupLine($"  [green]✓[/] {Markup.Escape(value.Name)} [dim]{Duration(took)}[/]");
            }
            else
            {
                context.Status(Markup.Escape(value.Name));
            }
        }
    }

    private sealed class PlainProgress : IProgress<LabStep>
    {
        public void Report(LabStep value)
        {
            if (value.Took is TimeSpan took)
            {
                Console.WriteLine($"  {value.Name}: {Duration(took)}");
            }
        }
    }
}
