namespace Fairlead.ControlPlane.Schema;

/// <summary>Descriptions of types and fields, read from the embedded text when somebody asks for a document.</summary>
internal sealed class SchemaDocs
{
    private static readonly Lazy<SchemaDocs> _default = new(static () => new SchemaDocs(SchemaRegistry.ReadResource("schema.docs")));

    private readonly string _text;
    private readonly Dictionary<string, int> _offsets = new(1024, StringComparer.Ordinal);

    private SchemaDocs(string text)
    {
        _text = text;
        for (int at = 0; at < text.Length;)
        {
            int end = text.IndexOf('\n', at);
            if (text[at] is not (' ' or '#'))
            {
                _offsets[text[at..end]] = end + 1;
            }

            at = end + 1;
        }
    }

    /// <summary>The descriptions of this build's table.</summary>
    public static SchemaDocs Default => _default.Value;

    /// <summary>
    /// Descriptions of one type: <c>.</c> is the type itself, a field's name the field, <c>= VALUE</c> a member of an enumeration.
    /// </summary>
    public Dictionary<string, string> Read(string typeName)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        if (!_offsets.TryGetValue(typeName, out int at))
        {
            return texts;
        }

        while (at < _text.Length && _text[at] == ' ')
        {
            int end = _text.IndexOf('\n', at);
            int start = at + 1;
            string prefix = "";
            if (_text.AsSpan(start).StartsWith("= ", StringComparison.Ordinal))
            {
                prefix = "= ";
                start += 2;
            }

            int space = _text.IndexOf(' ', start);
            string name = _text[start..space];
            texts[prefix.Length > 0 ? prefix + name.Replace('_', ' ') : name] = Unescape(_text[(space + 1)..end]);
            at = end + 1;
        }

        return texts;
    }

    private static string Unescape(string text) => !text.Contains('\\', StringComparison.Ordinal) ? text
        : text.Replace("\\\\", "\0", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace('\0', '\\');
}
