using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fairlead.Lab.Fabric;

/// <summary>What a lab was brought up with, kept in its directory so that later commands know its topology.</summary>
public sealed record LabDefinition
{
    /// <summary>The lab's name.</summary>
    public required string Name { get; init; }

    /// <summary>Number of worker nodes.</summary>
    public required int Workers { get; init; }

    /// <summary>Number of controllers.</summary>
    public required int Controllers { get; init; }

    /// <summary>The preset's name.</summary>
    public required string Preset { get; init; }

    /// <summary>MTU of the nodes' segment in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>How packets travel between nodes.</summary>
    public LabMode Mode { get; init; }

    /// <summary>On how many segments the nodes are; null: as many as the mode wants.</summary>
    public int? Segments { get; init; }

    /// <summary>Whether the router gets routes to the pods' ranges (vpc).</summary>
    public bool PodRoutes { get; init; } = true;

    /// <summary>Who makes the pods' network.</summary>
    public LabNetwork Network { get; init; }

    /// <summary>Whether there is IPv6 beside IPv4.</summary>
    public bool DualStack { get; init; }

    /// <summary>Number of clients outside.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>The port on the machine's loopback at which the API answers.</summary>
    public required int ApiPort { get; init; }

    /// <summary>The definition that leads to the same lab.</summary>
    public static LabDefinition From(LabOptions options, int apiPort) => new()
    {
        Name = options.Name,
        Workers = options.Workers,
        Controllers = options.Controllers,
        Preset = options.Preset.Name,
        Mtu = options.Mtu,
        Mode = options.Mode,
        Segments = options.Segments,
        PodRoutes = options.PodRoutes,
        Network = options.Network,
        DualStack = options.DualStack,
        Clients = options.Clients,
        ApiPort = apiPort,
    };

    /// <summary>The lab's hosts and addresses.</summary>
    public LabTopology Topology() => LabTopology.Plan(new LabOptions
    {
        Name = Name,
        Workers = Workers,
        Controllers = Controllers,
        Preset = LabPreset.Named(Preset),
        Mtu = Mtu,
        Mode = Mode,
        Segments = Segments,
        PodRoutes = PodRoutes,
        Network = Network,
        DualStack = DualStack,
        Clients = Clients,
    });

    /// <summary>Writes it where <see cref="Read"/> finds it.</summary>
    public void Write(LabPaths paths) => File.WriteAllBytes(paths.Definition, JsonSerializer.SerializeToUtf8Bytes(this, LabJson.Default.LabDefinition));

    /// <summary>Reads the definition of a lab that is up.</summary>
    /// <exception cref="LabException">There is no such lab, or its file can't be read; the message says what to do.</exception>
    public static LabDefinition Read(string name)
    {
        LabOptions.RequireName(name);
        var paths = new LabPaths(name);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(paths.Definition), LabJson.Default.LabDefinition)!;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            IReadOnlyList<string> others = LabPaths.LabNames();
            string known = others.Count == 0 ? "no lab is up" : $"these are up: {string.Join(", ", others)}";
            throw new LabException($"there is no lab '{name}'; {known}. 'fairlead lab up --name {name}' makes it.", exception);
        }
        catch (JsonException exception)
        {
            throw new LabException($"{paths.Definition} can't be read ({exception.Message}). 'fairlead lab down --name {name}' removes what is left of the lab.", exception);
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LabDefinition))]
internal sealed partial class LabJson : JsonSerializerContext;
