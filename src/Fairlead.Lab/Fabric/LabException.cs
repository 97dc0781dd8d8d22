namespace Fairlead.Lab.Fabric;

/// <summary>Something that the person at the lab can mend; the message says what and how, and is all that is shown.</summary>
public sealed class LabException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>What the command ends with.</summary>
    public int ExitCode { get; init; } = 1;
}
