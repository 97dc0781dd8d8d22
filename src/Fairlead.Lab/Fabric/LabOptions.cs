namespace Fairlead.Lab.Fabric;

/// <summary>What a person asks of <c>fairlead lab up</c>.</summary>
public sealed record LabOptions
{
    /// <summary>The lab's name: a DNS label of at most <see cref="MaximumNameLength"/> characters, part of every namespace's name.</summary>
    public string Name { get; init; } = "demo";

    /// <summary>How many worker nodes, 0 to <see cref="MaximumWorkers"/>.</summary>
    public int Workers { get; init; } = 3;

    /// <summary>How many controllers, 1 to 9. The API is served by the first.</summary>
    public int Controllers { get; init; } = 1;

    /// <summary>The addresses that the lab uses.</summary>
    public LabPreset Preset { get; init; } = LabPreset.HardWay;

    /// <summary>The MTU of the segment between the nodes, in bytes.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>The port on the machine's loopback at which the API answers; 0 takes one that is free.</summary>
    public int ApiPort { get; init; }

    /// <summary>Longer names would not fit into what the kernel and people's terminals show.</summary>
    public const int MaximumNameLength = 20;

    /// <summary>The preset's node network has room for so many workers between its .20 and its broadcast address.</summary>
    public const int MaximumWorkers = 200;

    /// <summary>The options as they are, or an error that names the first input which can't be used, and the way out.</summary>
    /// <exception cref="LabException">An option is out of its range.</exception>
    public LabOptions Validated()
    {
        RequireName(Name);
        if (Workers is < 0 or > MaximumWorkers)
        {
            throw new LabException($"--nodes {Workers}: a lab has between 0 and {MaximumWorkers} worker nodes.");
        }

        if (Controllers is < 1 or > 9)
        {
            throw new LabException($"--controllers {Controllers}: a lab has between 1 and 9 controllers.");
        }

        if (Mtu is < 1280 or > 65535)
        {
            throw new LabException($"--mtu {Mtu}: between 1280 (the least that IPv6 allows) and 65535 bytes.");
        }

        return this;
    }

    /// <summary>Throws unless <paramref name="name"/> can name a lab.</summary>
    /// <exception cref="LabException">It is not a DNS label of the right length.</exception>
    public static void RequireName(string name)
    {
        bool isLabel = name.Length is > 0 and <= MaximumNameLength
            && name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-')
            && !name.StartsWith('-') && !name.EndsWith('-');
        if (!isLabel)
        {
            throw new LabException($"--name '{name}': a lab's name is at most {MaximumNameLength} lower-case letters, digits and '-', and starts and ends with a letter or digit.");
        }
    }
}
