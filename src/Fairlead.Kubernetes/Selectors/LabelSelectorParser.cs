namespace Fairlead.Kubernetes;

/// <summary>The query form of label selectors; words and errors as in apimachinery's pkg/labels.</summary>
internal ref struct LabelSelectorParser
{
    private readonly ReadOnlySpan<char> _text;
    private int _position;

    private LabelSelectorParser(ReadOnlySpan<char> text) => _text = text;

    public static LabelSelector Parse(string text)
    {
        LabelSelectorParser parser = new(text);
        Dictionary<string, string> labels = [];
        List<LabelSelectorRequirement> expressions = [];
        parser.SkipSpace();
        while (!parser.AtEnd)
        {
            LabelSelectorRequirement requirement = parser.ReadRequirement();
            if (requirement is { Operator: "In", Values.Count: 1 } && labels.TryAdd(requirement.Key, requirement.Values[0]))
            {
                // An equality that is asked for twice with different values must still match nothing, hence TryAdd.
            }
            else
            {
                expressions.Add(requirement);
            }

            parser.SkipSpace();
            if (parser.AtEnd)
            {
                break;
            }

            if (!parser.Take(','))
            {
                throw new FormatException($"found '{parser._text[parser._position]}', expected: ',' or 'end of string'");
            }

            parser.SkipSpace();
            if (parser.AtEnd)
            {
                throw new FormatException("found '', expected: identifier after ','");
            }
        }

        return new LabelSelector { MatchLabels = labels, MatchExpressions = expressions };
    }

    private readonly bool AtEnd => _position >= _text.Length;

    private LabelSelectorRequirement ReadRequirement()
    {
        SkipSpace();
        if (Take('!'))
        {
            SkipSpace();
            return new LabelSelectorRequirement { Key = ReadWord("a label's name"), Operator = "DoesNotExist" };
        }

        string key = ReadWord("a label's name");
        SkipSpace();
        if (AtEnd || _text[_position] == ',')
        {
            return new LabelSelectorRequirement { Key = key, Operator = "Exists" };
        }

        if (Take("!="))
        {
            return Single(key, "NotIn");
        }

        if (Take("==") || Take("="))
        {
            return Single(key, "In");
        }

        if (Take(">"))
        {
            return Single(key, "Gt");
        }

        if (Take("<"))
        {
            return Single(key, "Lt");
        }

        string word = ReadWord("an operator");
        return word switch
        {
            "in" => Several(key, "In"),
            "notin" => Several(key, "NotIn"),
            _ => throw new FormatException($"found '{word}', expected: in, notin, =, ==, !=, gt, lt"),
        };
    }

    private LabelSelectorRequirement Single(string key, string @operator)
    {
        SkipSpace();
        int start = _position;
        while (!AtEnd && IsWord(_text[_position]))
        {
            _position++;
        }

        return new LabelSelectorRequirement { Key = key, Operator = @operator, Values = [_text[start.._position].ToString()] };
    }

    private LabelSelectorRequirement Several(string key, string @operator)
    {
        SkipSpace();
        if (!Take('('))
        {
            throw new FormatException("found '" + Rest() + "', expected: '('");
        }

        List<string> values = [];
        while (true)
        {
            SkipSpace();
            int start = _position;
            while (!AtEnd && IsWord(_text[_position]))
            {
                _position++;
            }

            values.Add(_text[start.._position].ToString());
            SkipSpace();
            if (Take(')'))
            {
                return new LabelSelectorRequirement { Key = key, Operator = @operator, Values = values };
            }

            if (!Take(','))
            {
                throw new FormatException("found '" + Rest() + "', expected: ',' or ')'");
            }
        }
    }

    private string ReadWord(string what)
    {
        int start = _position;
        while (!AtEnd && IsWord(_text[_position]))
        {
            _position++;
        }

        return _position > start ? _text[start.._position].ToString() : throw new FormatException($"found '{Rest()}', expected: {what}");
    }

    private readonly string Rest() => AtEnd ? "" : _text[_position].ToString();

    private void SkipSpace()
    {
        while (!AtEnd && char.IsWhiteSpace(_text[_position]))
        {
            _position++;
        }
    }

    private bool Take(char expected)
    {
        if (AtEnd || _text[_position] != expected)
        {
            return false;
        }

        _position++;
        return true;
    }

    private bool Take(string expected)
    {
        if (!_text[_position..].StartsWith(expected))
        {
            return false;
        }

        _position += expected.Length;
        return true;
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/';
}
