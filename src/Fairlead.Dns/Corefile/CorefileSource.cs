using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Dns.Corefile;

/// <summary>Where a Corefile's words come from: files and the environment. Keeps a hash over all that was read.</summary>
internal sealed class CorefileSource(Func<string, string?> environment) : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);

    /// <summary>The Corefile itself, where it is no file.</summary>
    public string? Text { get; init; }

    public List<CorefileWarning> Warnings { get; } = [];

    /// <summary>SHA-512 over names and contents of all files read.</summary>
    public string Hash => Convert.ToHexStringLower(hash.GetCurrentHash());

    /// <summary>A file's text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="because">The import that names it; null for the Corefile itself.</param>
    public string Read(string path, CorefileWord? because = null)
    {
        try
        {
            string text = because is null && Text is not null ? Text : File.ReadAllText(path);
            Include(path, text);
            return text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw because?.Error($"import: {e.Message}", e) ?? new CorefileException(path, 0, e.Message, e);
        }
    }

    /// <summary>Makes what a file holds part of the hash, such as a resolv.conf.</summary>
    public void Include(string path, string text) => hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{text}\0"));

    /// <summary>The files that an import means, relative to the importing file; a pattern may match none.</summary>
    public IEnumerable<string> Expand(CorefileWord import)
    {
        string path = import.FullPath;
        (string folder, string name) = (Path.GetDirectoryName(path) ?? "/", Path.GetFileName(path));
        if (folder.AsSpan().IndexOfAny('*', '?') >= 0)
        {
            throw import.Error($"import: '{import.Text}' has a wildcard in a folder's name; only the file's may have one");
        }

        if (name.AsSpan().IndexOfAny('*', '?') < 0)
        {
            return File.Exists(path)
                ? [path]
                : throw import.Error($"import: there is neither a snippet ({import.Text}) before this line nor a file {path}");
        }

        string[] found = Directory.Exists(folder) ? Directory.GetFiles(folder, name) : [];
        if (found.Length == 0)
        {
            Warnings.Add(import.Warning($"import: no file matches {path}"));
        }

        Array.Sort(found, StringComparer.Ordinal);
        return found;
    }

    /// <summary>Replaces <c>{$NAME}</c> and <c>{%NAME%}</c> by the environment's values; a variable that isn't set is empty.</summary>
    public string ReplaceVariables(string text) => ReplaceVariables(ReplaceVariables(text, "{%", "%}"), "{$", "}");

    private string ReplaceVariables(string text, string opening, string closing)
    {
        int from = 0;
        while (text.IndexOf(opening, from, StringComparison.Ordinal) is >= 0 and var start
            && text.IndexOf(closing, start + opening.Length, StringComparison.Ordinal) is >= 0 and var end)
        {
            string name = text[(start + opening.Length)..end];
            string value = name.Length == 0 ? opening + closing : environment(name) ?? "";
            text = string.Concat(text.AsSpan(0, start), value, text.AsSpan(end + closing.Length));

            // What a variable holds is text, not another variable.
            from = start + value.Length;
        }

        return text;
    }

    public void Dispose() => hash.Dispose();
}
