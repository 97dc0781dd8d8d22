namespace Fairlead.Lab.Faults;

/// <summary>Which packets of a host, as the host sees them.</summary>
public enum Direction
{
    /// <summary>Those that it sends and those that it receives.</summary>
    Both,

    /// <summary>Those that it receives.</summary>
    In,

    /// <summary>Those that it sends.</summary>
    Out,
}

internal static class Directions
{
    public static bool Includes(this Direction direction, Direction one) => direction == Direction.Both || direction == one;

    public static string Words(this Direction direction) => direction == Direction.Both ? "" : $" --direction {(direction == Direction.In ? "in" : "out")}";
}
