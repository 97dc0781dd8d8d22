using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Schema;

/// <summary>Golden cases: one folder each, what goes in beside what must come out.</summary>
internal static class Case
{
    public static TheoryData<string> Names(string group)
    {
        TheoryData<string> names = [];
        foreach (string folder in Directory.EnumerateDirectories(Folder(group)).Order(StringComparer.Ordinal))
        {
            names.Add(Path.GetFileName(folder));
        }

        return names;
    }

    public static string Read(string group, string name, string file) => File.ReadAllText(Path.Combine(Folder(group), name, file));

    public static JsonObject Json(string group, string name, string file) => JsonNode.Parse(Read(group, name, file))!.AsObject();

    private static string Folder(string group, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Cases", group);
}
