using System.Globalization;

namespace Fairlead.Dns.Corefile;

/// <summary>A word of a Corefile and where it stands: all that is wrong with it is said with file and line.</summary>
/// <param name="Text">The word without quotes, variables replaced.</param>
/// <param name="File">The file.</param>
/// <param name="Line">The line, from 1.</param>
internal readonly record struct CorefileWord(string Text, string File, int Line)
{
    public CorefileException Error(string problem, Exception? inner = null) => new(File, Line, problem, inner);

    public CorefileWarning Warning(string text) => new(File, Line, text);

    /// <summary>A whole number.</summary>
    /// <param name="what">What it is for, as the error calls it.</param>
    /// <param name="least">The least that makes sense.</param>
    /// <param name="most">The most that makes sense.</param>
    public int Integer(string what, int least = 0, int most = int.MaxValue) =>
        int.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw Error(most == int.MaxValue
                ? $"{what} is '{Text}': give a whole number from {least}"
                : $"{what} is '{Text}': give a whole number from {least} to {most}");

    /// <summary>A duration as Go writes it: 300ms, 1.5h, 2h45m.</summary>
    /// <param name="what">What it is for, as the error calls it.</param>
    public TimeSpan Duration(string what) => GoDuration.TryParse(Text, out TimeSpan value) && value >= TimeSpan.Zero
        ? value
        : throw Error($"{what} is '{Text}': give a duration such as 30s, 500ms or 1h30m");

    /// <summary>As the name of a file, relative to the Corefile that names it.</summary>
    public string FullPath => Path.GetFullPath(Text, Path.GetDirectoryName(Path.GetFullPath(File)) ?? "/");

    public override string ToString() => Text;
}
