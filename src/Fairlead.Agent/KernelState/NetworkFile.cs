using System.Globalization;
using System.Text.Json;

namespace Fairlead.Agent.KernelState;

/// <summary>
/// The file in which the agent tells the node's CNI plugins what they can't know: how long pods' packets may be (<c>{"mtu":1450}</c>). It also remembers that
/// for the agent that starts next.
/// </summary>
internal sealed class NetworkFile(string? path)
{
    private int written = -1;

    /// <summary>What was written last, by whichever agent; 0 where there is no such file, or nothing to be read from it.</summary>
    public int ReadMtu()
    {
        if (path is null || !File.Exists(path))
        {
            return Math.Max(written, 0);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("mtu", out JsonElement mtu) && mtu.TryGetInt32(out int value) ? value : 0;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Writes it, in one piece.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public void WriteMtu(int mtu)
    {
        if (mtu == written)
        {
            return;
        }

        if (path is not null && mtu > 0)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            string temporary = path + ".new";
            File.WriteAllText(temporary, $$"""{"mtu":{{mtu.ToString(CultureInfo.InvariantCulture)}}}""" + "\n");
            File.Move(temporary, path, overwrite: true);
        }

        written = mtu;
    }
}
