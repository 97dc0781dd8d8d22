using Fairlead.Cni;

return CniPlugin.Run(new Announce());

/// <summary>Writes a line "address container" into a file for each address that a container gets, for somebody who makes a hosts file of it.</summary>
internal sealed class Announce : CniPlugin
{
    public override string Name => "announce";

    public override CniResult Add(CniRequest request)
    {
        CniResult result = request.RequirePreviousResult();
        File.WriteAllLines(FileOf(request, request.ContainerId), result.ContainerAddresses.Select(address => $"{address.Address.Address} {request.ContainerId}"));
        return result;
    }

    public override void Delete(CniRequest request) => File.Delete(FileOf(request, request.ContainerId));

    private static string FileOf(CniRequest request, string containerId) => Path.Combine(
        Directory.CreateDirectory(request.Configuration.Root.GetString("directory") ?? throw request.Configuration.Root.Invalid("directory", "is missing")).FullName,
        containerId);
}
