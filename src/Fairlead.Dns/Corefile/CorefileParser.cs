using System.Collections.Immutable;

namespace Fairlead.Dns.Corefile;

/// <summary>A server block as it is written: the keys before the brace and the lines within.</summary>
internal sealed record CorefileBlock(ImmutableArray<CorefileWord> Keys, ImmutableArray<Directive> Directives);

/// <summary>
/// Reads the grammar of a Corefile: server blocks, plugins with their options, snippets and imports, variables. It knows nothing of what a plugin means.
/// </summary>
/// <remarks>
/// The grammar is Caddy's of its first version, as CoreDNS uses it: an import is replaced by the words of the snippet or of the files, wherever it stands
/// at a line's beginning; one block without braces may be a whole file; a brace may stand on a line of its own.
/// </remarks>
internal sealed class CorefileParser
{
    /// <summary>So many imports in one Corefile are a circle.</summary>
    private const int MostImports = 1000;

    private readonly CorefileSource source;
    private readonly Dictionary<string, List<CorefileToken>> snippets = new(StringComparer.Ordinal);
    private readonly List<CorefileToken> tokens;
    private readonly string file;
    private int position;
    private int imports;

    private CorefileParser(CorefileSource source, string file, string text)
    {
        (this.source, this.file) = (source, file);
        tokens = CorefileLexer.Split(text, file);
    }

    /// <summary>All server blocks, in their order.</summary>
    /// <exception cref="CorefileException">The grammar is broken, or a file to import isn't there.</exception>
    public static ImmutableArray<CorefileBlock> Parse(CorefileSource source, string path)
    {
        string text = source.Read(path);
        OtherFormats.Refuse(path, text);
        return new CorefileParser(source, path, text).Blocks();
    }

    private bool AtEnd => position >= tokens.Count;

    private CorefileToken Current => tokens[position];

    private ImmutableArray<CorefileBlock> Blocks()
    {
        ImmutableArray<CorefileBlock>.Builder blocks = ImmutableArray.CreateBuilder<CorefileBlock>();
        while (!AtEnd)
        {
            if (TryImport())
            {
                continue;
            }

            ImmutableArray<CorefileWord> keys = Keys();
            if (keys is [{ Text: ['(', .., ')'] name } only])
            {
                Snippet(only, name[1..^1]);
            }
            else
            {
                blocks.Add(new(keys, Block(keys[^1])));
            }
        }

        return blocks.ToImmutable();
    }

    private ImmutableArray<CorefileWord> Keys()
    {
        ImmutableArray<CorefileWord>.Builder keys = ImmutableArray.CreateBuilder<CorefileWord>();
        bool another = true;
        while (!AtEnd && !Current.Opens && (another || !Current.StartsLine))
        {
            CorefileWord key = Next();
            if (key.Text == "}")
            {
                throw key.Error("a brace is closed here that was never opened");
            }

            another = key.Text.EndsWith(',');
            string text = key.Text.TrimEnd(',');
            if (text.Length > 0)
            {
                keys.Add(key with { Text = text });
            }
        }

        return keys.Count > 0
            ? keys.ToImmutable()
            : throw new CorefileException(file, AtEnd ? 0 : Current.Line, "a server block has no key before its brace: name its zones, such as '.' or 'cluster.local:53'");
    }

    private ImmutableArray<Directive> Block(CorefileWord key)
    {
        if (AtEnd)
        {
            return [];
        }

        if (Current.Opens)
        {
            return Body();
        }

        // A file that is one server block needs no braces.
        ImmutableArray<Directive>.Builder directives = ImmutableArray.CreateBuilder<Directive>();
        while (!AtEnd)
        {
            if (Current.Closes)
            {
                throw Next().Error($"a brace is closed here that was never opened; the server block '{key.Text}' of line {key.Line} has none");
            }

            if (!TryImport())
            {
                directives.Add(ReadDirective());
            }
        }

        return directives.ToImmutable();
    }

    /// <summary>What stands between braces, a directive a line.</summary>
    private ImmutableArray<Directive> Body()
    {
        CorefileWord opening = Next();
        ImmutableArray<Directive>.Builder directives = ImmutableArray.CreateBuilder<Directive>();
        while (!AtEnd)
        {
            if (Current.Closes)
            {
                position++;
                return directives.ToImmutable();
            }

            if (Current.Opens)
            {
                throw Next().Error("a brace is opened here, but no plugin or option stands before it");
            }

            if (!TryImport())
            {
                directives.Add(ReadDirective());
            }
        }

        throw opening.Error("a brace is opened here and never closed");
    }

    private Directive ReadDirective()
    {
        CorefileWord name = Next();
        ImmutableArray<CorefileWord>.Builder arguments = ImmutableArray.CreateBuilder<CorefileWord>();
        while (!AtEnd && !Current.StartsLine && !Current.Opens && !Current.Closes)
        {
            arguments.Add(Next());
        }

        return new(name, arguments.ToImmutable(), !AtEnd && Current.Opens ? Body() : []);
    }

    private void Snippet(CorefileWord key, string name)
    {
        if (AtEnd || !Current.Opens)
        {
            throw key.Error($"the snippet ({name}) has no braces");
        }

        position++;
        List<CorefileToken> body = [];
        for (int depth = 1; ; position++)
        {
            if (AtEnd)
            {
                throw key.Error($"the brace of the snippet ({name}) is never closed");
            }

            depth += Current.Opens ? 1 : Current.Closes ? -1 : 0;
            if (depth == 0)
            {
                break;
            }

            body.Add(Current);
        }

        position++;
        if (!snippets.TryAdd(name, body))
        {
            throw key.Error($"there is another snippet ({name}) already");
        }
    }

    /// <summary>Puts in the place of an import what it names.</summary>
    private bool TryImport()
    {
        if (!Current.StartsLine || Current.IsQuoted || Current.Text != "import")
        {
            return false;
        }

        int at = position;
        Directive import = ReadDirective();
        CorefileWord what = import.Single("a snippet, a file or a pattern");
        if (++imports > MostImports)
        {
            throw import.Error($"more than {MostImports} imports: does '{what.Text}' import itself?");
        }

        if (!snippets.TryGetValue(what.Text, out List<CorefileToken>? imported))
        {
            imported = [];
            foreach (string path in source.Expand(what))
            {
                imported.AddRange(CorefileLexer.Split(source.Read(path, what), path));
            }
        }

        tokens.RemoveRange(at, position - at);
        tokens.InsertRange(at, imported);
        position = at;
        return true;
    }

    private CorefileWord Next()
    {
        CorefileToken token = tokens[position++];
        return OtherFormats.Refuse(new CorefileWord(source.ReplaceVariables(token.Text), token.File, token.Line));
    }
}
