using System.Diagnostics.Metrics;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>What the controllers count: meter <c>Fairlead.Controllers</c>.</summary>
internal static class ControllerMetrics
{
    public const string Done = "done";
    public const string Conflict = "conflict";
    public const string Refused = "refused";
    public const string Unusable = "unusable";

    private static readonly Meter Meter = new("Fairlead.Controllers");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "fairlead.controller.reconcile.duration", "s", "How long looks at one object take, by controller and outcome.");

    public static void Record(string controller, string outcome, TimeSpan duration) => Duration.Record(
        duration.TotalSeconds,
        new KeyValuePair<string, object?>("controller", controller),
        new KeyValuePair<string, object?>("outcome", outcome));
}
