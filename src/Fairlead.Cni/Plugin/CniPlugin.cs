namespace Fairlead.Cni;

/// <summary>
/// A CNI plugin. Derive from it, override what the plugin does, and hand it to <see cref="Run(CniPlugin)"/> from Main; everything
/// that the specification asks of the process (environment, stdin, stdout, error objects, exit code, versions) is done there.
/// </summary>
public abstract class CniPlugin
{
    /// <summary>The plugin's name, for messages and VERSION's text for people.</summary>
    public abstract string Name { get; }

    /// <summary>Serves ADD. A plugin in a chain returns <see cref="CniRequest.RequirePreviousResult"/>, changed or not.</summary>
    /// <exception cref="CniException">Carries the specification's code; whatever was made must be gone again.</exception>
    public abstract CniResult Add(CniRequest request);

    /// <summary>Serves DEL: removes what ADD made, and succeeds when it is gone already.</summary>
    public abstract void Delete(CniRequest request);

    /// <summary>Serves CHECK: throws (<see cref="CniErrorCode.CheckFailed"/>) when the container's network is not as ADD left it. Finds nothing wrong unless overridden.</summary>
    public virtual void Check(CniRequest request)
    {
    }

    /// <summary>Serves GC: removes what belongs to attachments that <see cref="NetworkConfiguration.ValidAttachments"/> does not name. Does nothing unless overridden.</summary>
    public virtual void CollectGarbage(CniRequest request)
    {
    }

    /// <summary>Serves STATUS: throws (<see cref="CniErrorCode.NotAvailable"/>) when ADD cannot be served. Ready unless overridden.</summary>
    public virtual void Status(CniRequest request)
    {
    }

    /// <summary>Does a call and gives its result (ADD) or nothing.</summary>
    /// <exception cref="CniException">The call failed, or the configuration's version does not have the command (code 1).</exception>
    public CniResult? Call(CniRequest request)
    {
        SpecificationVersion version = request.Configuration.Version;
        switch (request.Command)
        {
            case CniCommand.Add:
                return Add(request);
            case CniCommand.Delete:
                Delete(request);
                return null;
            case CniCommand.Check:
                Require(version, SpecificationVersion.V040, "CHECK");
                Check(request);
                return null;
            case CniCommand.CollectGarbage:
                Require(version, SpecificationVersion.V110, "GC");
                CollectGarbage(request);
                return null;
            case CniCommand.Status:
                Require(version, SpecificationVersion.V110, "STATUS");
                Status(request);
                return null;
            default:
                throw new CniException(CniErrorCode.Internal, $"{request.Command} is not the plugin's to serve");
        }
    }

    /// <summary>Serves the one call that this process was started for; the exit code is 0 or, after an error object on stdout, 1.</summary>
    public static int Run(CniPlugin plugin) => PluginProcess.Run(plugin);

    private static void Require(SpecificationVersion version, SpecificationVersion since, string command)
    {
        if (version < since)
        {
            throw new CniException(CniErrorCode.IncompatibleVersion, $"cniVersion: {version} does not have {command}", $"{command} came with {since}");
        }
    }
}
