using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Discovery;

/// <summary>The Kubernetes version whose behaviour this server has.</summary>
internal static class ServerVersion
{
    public const string Git = "v1.36.0+fairlead";

    public static JsonObject Document() => new()
    {
        ["major"] = "1",
        ["minor"] = "36",
        ["emulationMajor"] = "1",
        ["emulationMinor"] = "36",
        ["minCompatibilityMajor"] = "1",
        ["minCompatibilityMinor"] = "35",
        ["gitVersion"] = Git,
        ["gitCommit"] = "fairlead",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "2026-01-01T00:00:00Z",
        ["goVersion"] = "dotnet",
        ["compiler"] = "dotnet",
        ["platform"] = "linux/amd64",
    };
}
