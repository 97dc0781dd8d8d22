namespace Fairlead.Dns;

/// <summary>A Corefile that can't be followed. The message begins with file and line, as editors and people look for it.</summary>
/// <param name="file">The file as it was given, or as the import named it.</param>
/// <param name="line">Its line, from 1; 0 where the file as a whole is meant.</param>
/// <param name="problem">What is wrong, and what would be right.</param>
/// <param name="inner">What was thrown below.</param>
public sealed class CorefileException(string file, int line, string problem, Exception? inner = null)
    : Exception(line > 0 ? $"{file}:{line}: {problem}" : $"{file}: {problem}", inner)
{
    /// <summary>The file.</summary>
    public string File { get; } = file;

    /// <summary>Its line, from 1; 0 where the file as a whole is meant.</summary>
    public int Line { get; } = line;

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; } = problem;
}

/// <summary>Something in a Corefile that is accepted and has no effect, or not the one that its author may expect.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Text">What is ignored, and why that does no harm.</param>
public sealed record CorefileWarning(string File, int Line, string Text)
{
    /// <summary><c>file:line: text</c>.</summary>
    public override string ToString() => $"{File}:{Line}: {Text}";
}
