namespace Fairlead.SchemaGenerator;

/// <summary>One declaration of a Go package: a struct with its fields, or a named type over another.</summary>
internal sealed record GoType(string Name, IReadOnlyList<string> Comment, string? Underlying, IReadOnlyList<GoField> Fields, Imports Imports);

/// <summary>A struct field; an embedded one has no name of its own.</summary>
internal sealed record GoField(string? Name, string Type, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<string> Comment);

/// <summary>A typed string constant: a member of an enumeration.</summary>
internal sealed record GoConstant(string Type, string Value, IReadOnlyList<string> Comment);

/// <summary>What each import name of one file stands for.</summary>
internal sealed class Imports : Dictionary<string, string>;

/// <summary>
/// Reads the declarations of gofmt'ed sources line by line: the shapes that Kubernetes' types.go files use, nothing more.
/// What it can't read it reports, so a new shape stops the generator instead of dropping a field.
/// </summary>
internal sealed class GoSource
{
    public List<GoType> Types { get; } = [];

    public List<GoConstant> Constants { get; } = [];

    public void Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        Imports imports = [];
        List<string> comment = [];
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            if (line.StartsWith("/*", StringComparison.Ordinal))
            {
                while (!lines[i].Contains("*/", StringComparison.Ordinal))
                {
                    i++;
                }
            }
            else if (line.StartsWith("//", StringComparison.Ordinal))
            {
                comment.Add(CommentText(line));
            }
            else if (line.Length == 0)
            {
                // Markers above a blank line still belong to the type below; prose doesn't.
                comment.RemoveAll(static text => !text.StartsWith('+'));
            }
            else if (line.StartsWith("import (", StringComparison.Ordinal))
            {
                for (i++; lines[i] != ")"; i++)
                {
                    AddImport(imports, lines[i].Trim());
                }
            }
            else if (line.StartsWith("import ", StringComparison.Ordinal))
            {
                AddImport(imports, line["import ".Length..].Trim());
            }
            else if (line is "const (" or "var (")
            {
                i = ReadConstants(lines, i + 1);
                comment.Clear();
            }
            else if (line.StartsWith("const ", StringComparison.Ordinal))
            {
                ReadConstant(line["const ".Length..], [.. comment]);
                comment.Clear();
            }
            else if (line == "type (")
            {
                throw new InvalidDataException($"{path}:{i + 1}: grouped type declarations are not read");
            }
            else if (line.StartsWith("type ", StringComparison.Ordinal))
            {
                i = ReadType(path, lines, i, imports, [.. comment]);
                comment.Clear();
            }
            else
            {
                comment.Clear();
                if (line.StartsWith("func ", StringComparison.Ordinal) && line.EndsWith('{'))
                {
                    while (lines[i] != "}")
                    {
                        i++;
                    }
                }
            }
        }
    }

    private int ReadType(string path, string[] lines, int i, Imports imports, List<string> comment)
    {
        string declaration = lines[i]["type ".Length..];
        int space = declaration.IndexOf(' ', StringComparison.Ordinal);
        string name = declaration[..space];
        string rest = WithoutTrailingComment(declaration[(space + 1)..]);
        if (rest is "struct{}" or "struct {}")
        {
            Types.Add(new GoType(name, comment, null, [], imports));
        }
        else if (rest == "struct {")
        {
            List<GoField> fields = [];
            List<string> fieldComment = [];
            for (i++; lines[i] != "}"; i++)
            {
                string line = lines[i].Trim();
                if (line.Length == 0)
                {
                    fieldComment.Clear();
                }
                else if (line.StartsWith("//", StringComparison.Ordinal))
                {
                    fieldComment.Add(CommentText(line));
                }
                else if (line.StartsWith("/*", StringComparison.Ordinal))
                {
                    while (!lines[i].Contains("*/", StringComparison.Ordinal))
                    {
                        i++;
                    }
                }
                else
                {
                    fields.Add(ParseField(path, i, line, [.. fieldComment]));
                    fieldComment.Clear();
                }
            }

            Types.Add(new GoType(name, comment, null, fields, imports));
        }
        else if (rest.StartsWith("interface", StringComparison.Ordinal) || rest.StartsWith("func", StringComparison.Ordinal))
        {
            while (lines[i] != "}" && !lines[i].EndsWith("{}", StringComparison.Ordinal))
            {
                i++;
            }
        }
        else
        {
            Types.Add(new GoType(name, comment, rest.TrimStart('=', ' '), [], imports));
        }

        return i;
    }

    private static GoField ParseField(string path, int number, string line, List<string> comment)
    {
        Dictionary<string, string> tags = [];
        int tick = line.IndexOf('`', StringComparison.Ordinal);
        string declaration = line;
        if (tick >= 0)
        {
            int end = line.IndexOf('`', tick + 1);
            string text = line[(tick + 1)..end];
            declaration = line[..tick].Trim();
            for (int at = 0; at < text.Length;)
            {
                int colon = text.IndexOf(":\"", at, StringComparison.Ordinal);
                if (colon < 0)
                {
                    break;
                }

                int close = text.IndexOf('"', colon + 2);
                tags[text[at..colon].Trim()] = text[(colon + 2)..close];
                at = close + 1;
            }
        }
        else
        {
            declaration = WithoutTrailingComment(declaration);
        }

        string[] words = declaration.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return words.Length switch
        {
            1 => new GoField(null, words[0], tags, comment),
            2 => new GoField(words[0], words[1], tags, comment),
            _ => throw new InvalidDataException($"{path}:{number + 1}: not a field: {line}"),
        };
    }

    private int ReadConstants(string[] lines, int i)
    {
        List<string> comment = [];
        for (; lines[i] != ")"; i++)
        {
            string line = lines[i].Trim();
            if (line.StartsWith("//", StringComparison.Ordinal))
            {
                comment.Add(CommentText(line));
            }
            else
            {
                if (line.Length > 0)
                {
                    ReadConstant(line, [.. comment]);
                }

                comment.Clear();
            }
        }

        return i;
    }

    private void ReadConstant(string line, List<string> comment)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            return;
        }

        string[] left = line[..equals].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        string right = line[(equals + 1)..].Trim();
        string? type = left.Length == 2 ? left[1] : null;
        int open = right.IndexOf("(\"", StringComparison.Ordinal);
        if (type is null && open > 0)
        {
            type = right[..open];
            right = right[(open + 1)..];
        }

        if (type is null || !right.StartsWith('"'))
        {
            return;
        }

        int close = right.IndexOf('"', 1);
        Constants.Add(new GoConstant(type, right[1..close], comment));
    }

    private static void AddImport(Imports imports, string text)
    {
        if (text.Length == 0 || text.StartsWith("//", StringComparison.Ordinal))
        {
            return;
        }

        int quote = text.IndexOf('"', StringComparison.Ordinal);
        string importPath = text[(quote + 1)..text.IndexOf('"', quote + 1)];
        string alias = text[..quote].Trim();
        imports[alias.Length > 0 ? alias : importPath[(importPath.LastIndexOf('/') + 1)..]] = importPath;
    }

    private static string CommentText(string line)
    {
        string text = line[2..];
        return text.StartsWith(' ') ? text[1..] : text;
    }

    private static string WithoutTrailingComment(string text)
    {
        int slashes = text.IndexOf("//", StringComparison.Ordinal);
        return (slashes < 0 ? text : text[..slashes]).Trim();
    }
}
