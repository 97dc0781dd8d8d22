namespace Fairlead.Cni;

/// <summary>What a runtime asks of a plugin (<c>CNI_COMMAND</c>).</summary>
public enum CniCommand
{
    /// <summary>Connect the container, or change its connection.</summary>
    Add,

    /// <summary>Undo ADD; succeeds whatever is gone already.</summary>
    Delete,

    /// <summary>Say whether everything is as ADD left it (0.4.0 and later).</summary>
    Check,

    /// <summary>Remove what belongs to attachments that are no more (1.1.0 and later).</summary>
    CollectGarbage,

    /// <summary>Say whether ADD can be served (1.1.0 and later).</summary>
    Status,

    /// <summary>Say which versions are spoken.</summary>
    Version,
}
