using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>nft of Debian (1.0.6), which shares no code with ours.</summary>
internal static class NftWitness
{
    internal static string List(NetworkNamespace space) => Witness.Run(space, "nft list ruleset");

    internal static void Load(NetworkNamespace space, string text)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            Witness.Run(space, $"nft -f {path}");
        }
        finally
        {
            File.Delete(path);
        }
    }
}
