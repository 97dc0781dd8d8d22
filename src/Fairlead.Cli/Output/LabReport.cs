using System.Text.Json.Nodes;
using Fairlead.Lab.Fabric;

namespace Fairlead.Cli.Output;

/// <summary>Labs as JSON, for programs that would otherwise read tables.</summary>
internal static class LabReport
{
    public static JsonArray List() =>
    [
        .. LabPaths.LabNames().Select(static JsonNode (name) => new JsonObject
        {
            ["name"] = name,
            ["nodes"] = File.Exists(new LabPaths(name).Definition) ? LabDefinition.Read(name).Workers : null,
            ["processes"] = LabCgroup.Of(name).Processes().Count,
            ["kubeconfig"] = new LabPaths(name).Kubeconfig,
        }),
    ];

    public static JsonArray Of(RunningLab lab) =>
    [
        .. lab.Status().Select(static JsonNode (host) => new JsonObject
        {
            ["host"] = host.Host.Name,
            ["namespace"] = host.Host.Namespace,
            ["addresses"] = Texts(host.Host.Addresses),
            ["publicAddresses"] = Texts(host.Host.PublicAddresses),
            ["podCIDRs"] = Texts(host.Host.PodCidrs),
            ["processes"] = new JsonArray([.. host.Daemons.Select(static JsonNode (daemon) => new JsonObject
            {
                ["name"] = daemon.Name,
                ["pid"] = daemon.ProcessId,
                ["memoryBytes"] = daemon.ProportionalBytes,
                ["log"] = daemon.LogFile,
            })]),
        }),
    ];

    private static JsonArray Texts<T>(IEnumerable<T> values)
        where T : notnull => [.. values.Select(static JsonNode (value) => JsonValue.Create(value.ToString())!)];
}
