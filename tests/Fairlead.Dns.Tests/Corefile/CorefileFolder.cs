namespace Fairlead.Dns.Tests;

/// <summary>A folder with a Corefile and what it imports, gone with the test.</summary>
internal sealed class CorefileFolder : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fairlead-corefile-").FullName;

    public CorefileFolder(string corefile) => Write("Corefile", corefile);

    public string CorefilePath => Path("Corefile");

    public string Path(string name) => System.IO.Path.Combine(folder, name);

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(name))!);
        File.WriteAllText(Path(name), text);
    }

    public DnsConfiguration Load(Func<string, string?>? environment = null) => DnsConfiguration.Load(CorefilePath, environment);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
