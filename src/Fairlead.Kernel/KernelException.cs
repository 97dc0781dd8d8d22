namespace Fairlead.Kernel;

/// <summary>A system call refused: what was attempted and why not.</summary>
public class KernelException : IOException
{
    /// <summary>Says that <paramref name="operation"/> ("open namespace /run/netns/a") failed with <paramref name="error"/>.</summary>
    public KernelException(string operation, Errno error)
        : this(operation, error, $"{operation}: {error.Describe()}")
    {
    }

    /// <summary>For subclasses that word the message themselves.</summary>
    protected KernelException(string operation, Errno error, string message)
        : base(message)
    {
        Operation = operation;
        Error = error;
    }

    /// <summary>What was attempted, in the field's words: "add route 10.200.1.0/24 via 10.240.0.21".</summary>
    public string Operation { get; }

    /// <summary>The kernel's error number.</summary>
    public Errno Error { get; }
}

/// <summary>The kernel refused a netlink request.</summary>
public sealed class NetlinkException : KernelException
{
    /// <summary>
    /// Says that <paramref name="operation"/> failed with <paramref name="error"/>; <paramref name="kernelMessage"/> is the sentence of the
    /// kernel's extended acknowledgement (NLMSGERR_ATTR_MSG), where it gave one.
    /// </summary>
    public NetlinkException(string operation, Errno error, string? kernelMessage)
        : base(operation, error, Word(operation, error, kernelMessage))
    {
        KernelMessage = kernelMessage;
    }

    /// <summary>The kernel's own sentence, or null where it gave none.</summary>
    public string? KernelMessage { get; }

    private static string Word(string operation, Errno error, string? kernelMessage) =>
        string.IsNullOrEmpty(kernelMessage)
            ? $"{operation}: {error.Describe()}"
            : $"{operation}: {kernelMessage.TrimEnd('.')} ({error.Describe()})";
}
