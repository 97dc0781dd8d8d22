namespace Fairlead.Lab.Fabric;

/// <summary>Held while a lab goes up or down: two such commands for one lab never mix. The kernel lets go of it when the process ends, however it ends.</summary>
internal sealed class LabLock : IDisposable
{
    private readonly FileStream _file;
    private readonly string _path;

    private LabLock(FileStream file, string path)
    {
        _file = file;
        _path = path;
    }

    /// <summary>Takes the lock or says who has it.</summary>
    /// <exception cref="LabException">Another command has it, or this process is not root.</exception>
    public static LabLock Take(string name)
    {
        string path = new LabPaths(name).Lock;
        try
        {
            Directory.CreateDirectory(LabPaths.AllLabs);
            return new LabLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), path);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new LabException($"a lab needs root: {exception.Message} Run it with sudo.", exception);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new LabException($"another command is bringing lab {name} up or down right now. Wait for it, then try again.", exception);
        }
    }

    /// <summary>Removes the lock's file, and with the last lab everything that labs share.</summary>
    public void Forget()
    {
        File.Delete(_path);
        if (LabPaths.LabNames().Count == 0 && Directory.GetFiles(LabPaths.AllLabs).Length == 0)
        {
            MachineDirectories.RemoveMade();
        }
    }

    public void Dispose() => _file.Dispose();
}
