using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Selectors;

/// <summary>What one requirement of a label selector asks.</summary>
internal enum LabelOperator { In, NotIn, Exists, DoesNotExist, GreaterThan, LessThan }

internal sealed record LabelRequirement(string Key, LabelOperator Operator, string[] Values)
{
    public bool Matches(string? value) => Operator switch
    {
        LabelOperator.In => value is not null && Array.IndexOf(Values, value) >= 0,
        LabelOperator.NotIn => value is null || Array.IndexOf(Values, value) < 0,
        LabelOperator.Exists => value is not null,
        LabelOperator.DoesNotExist => value is null,
        LabelOperator.GreaterThan => long.TryParse(value, out var number) && long.TryParse(Values[0], out var limit) && number > limit,
        LabelOperator.LessThan => long.TryParse(value, out var number) && long.TryParse(Values[0], out var limit) && number < limit,
        _ => false,
    };
}

/// <summary>A label selector, from a query (<c>a=b,c in (d,e),!f</c>; apimachinery, labels/selector.go) or from an object.</summary>
internal sealed class LabelSelector(IReadOnlyList<LabelRequirement> requirements)
{
    public static readonly LabelSelector Everything = new([]);

    public IReadOnlyList<LabelRequirement> Requirements { get; } = requirements;

    public bool IsEmpty => Requirements.Count == 0;

    public bool Matches(StoredObject value)
    {
        foreach (var requirement in Requirements)
        {
            if (!requirement.Matches(value.Label(requirement.Key)))
            {
                return false;
            }
        }

        return true;
    }

    public bool Matches(Func<string, string?> label) => Requirements.All(requirement => requirement.Matches(label(requirement.Key)));

    /// <summary>A LabelSelector object with matchLabels and matchExpressions, or a plain map of labels.</summary>
    public static LabelSelector FromObject(JsonObject selector)
    {
        List<LabelRequirement> requirements = [];
        var plain = selector["matchLabels"] is null && selector["matchExpressions"] is null;
        foreach (var (key, value) in (plain ? selector : selector.ObjectAt("matchLabels")) ?? [])
        {
            requirements.Add(new(key, LabelOperator.In, [value.AsString() ?? ""]));
        }

        foreach (var expression in selector.ObjectsAt("matchExpressions"))
        {
            requirements.Add(new(
                expression.StringAt("key") ?? "",
                expression.StringAt("operator") switch
                {
                    "In" => LabelOperator.In,
                    "NotIn" => LabelOperator.NotIn,
                    "Exists" => LabelOperator.Exists,
                    _ => LabelOperator.DoesNotExist,
                },
                [.. expression.StringsAt("values")]));
        }

        return new(requirements);
    }

    /// <summary>The selector as a query would have it; what the scale subresource shows.</summary>
    public static string Format(JsonObject selector) => string.Join(',', FromObject(selector).Requirements.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Operator switch
    {
        LabelOperator.In when one.Values.Length == 1 => $"{one.Key}={one.Values[0]}",
        LabelOperator.In => $"{one.Key} in ({string.Join(',', one.Values.Order(StringComparer.Ordinal))})",
        LabelOperator.NotIn => $"{one.Key} notin ({string.Join(',', one.Values.Order(StringComparer.Ordinal))})",
        LabelOperator.DoesNotExist => "!" + one.Key,
        _ => one.Key,
    }));

    public static LabelSelector Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return Everything;
        }

        Parser parser = new(text);
        return new(parser.ParseAll());
    }

    /// <summary>Recursive descent over tokens: identifiers and the signs ( ) , ! = == != in notin &lt; &gt;.</summary>
    private sealed class Parser(string text)
    {
        private int _position;

        public List<LabelRequirement> ParseAll()
        {
            List<LabelRequirement> all = [];
            while (true)
            {
                all.Add(ParseOne());
                var token = Next();
                if (token.Length == 0)
                {
                    return all;
                }

                if (token != ",")
                {
                    throw StatusException.BadRequest($"found '{token}', expected: ',' or 'end of string'");
                }

                if (Peek().Length == 0)
                {
                    throw StatusException.BadRequest("found '', expected: identifier after ','");
                }
            }
        }

        private LabelRequirement ParseOne()
        {
            var token = Next();
            if (token == "!")
            {
                return new(Key(Next()), LabelOperator.DoesNotExist, []);
            }

            var key = Key(token);
            switch (Peek())
            {
                case "" or ",":
                    return new(key, LabelOperator.Exists, []);
                case "=" or "==":
                    Next();
                    return new(key, LabelOperator.In, [Value()]);
                case "!=":
                    Next();
                    return new(key, LabelOperator.NotIn, [Value()]);
                case ">":
                    Next();
                    return new(key, LabelOperator.GreaterThan, [Value()]);
                case "<":
                    Next();
                    return new(key, LabelOperator.LessThan, [Value()]);
                case "in":
                    Next();
                    return new(key, LabelOperator.In, Values());
                case "notin":
                    Next();
                    return new(key, LabelOperator.NotIn, Values());
                default:
                    throw StatusException.BadRequest($"unable to parse requirement: found '{Peek()}', expected: in, notin, =, ==, !=, gt, lt");
            }
        }

        private static string Key(string token)
        {
            if (token.Length == 0 || IsSign(token[0]))
            {
                throw StatusException.BadRequest($"unable to parse requirement: found '{token}', expected: !, identifier, or 'end of string'");
            }

            if (Resources.Behaviour.NameSyntax.QualifiedName(token) is { } problem)
            {
                throw StatusException.BadRequest($"unable to parse requirement: <nil>: Invalid value: \"{token}\": {problem}");
            }

            return token;
        }

        private string Value()
        {
            var token = Peek();
            if (token.Length == 0 || token == ",")
            {
                return "";
            }

            Next();
            if (IsSign(token[0]))
            {
                throw StatusException.BadRequest($"unable to parse requirement: found '{token}', expected: identifier");
            }

            return token;
        }

        private string[] Values()
        {
            if (Next() is not "(" and var found)
            {
                throw StatusException.BadRequest($"unable to parse requirement: found '{found}' expected: '('");
            }

            List<string> values = [];
            while (true)
            {
                var token = Next();
                switch (token)
                {
                    case ")":
                        values.Add("");
                        return [.. values];
                    case ",":
                        values.Add("");
                        continue;
                    case "":
                        throw StatusException.BadRequest("unable to parse requirement: found '', expected: ',', or ')'");
                }

                values.Add(token);
                var after = Next();
                if (after == ")")
                {
                    return [.. values];
                }

                if (after != ",")
                {
                    throw StatusException.BadRequest($"unable to parse requirement: found '{after}', expected: ',', or ')'");
                }
            }
        }

        private string Peek()
        {
            var position = _position;
            var token = Next();
            _position = position;
            return token;
        }

        private string Next()
        {
            while (_position < text.Length && char.IsWhiteSpace(text[_position]))
            {
                _position++;
            }

            if (_position >= text.Length)
            {
                return "";
            }

            var start = _position;
            if (IsSign(text[_position]))
            {
                _position++;
                if (_position < text.Length && text[start] is ('=' or '!') && text[_position] == '=')
                {
                    _position++;
                }

                return text[start.._position];
            }

            while (_position < text.Length && !IsSign(text[_position]) && !char.IsWhiteSpace(text[_position]))
            {
                _position++;
            }

            return text[start.._position];
        }

        private static bool IsSign(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';
    }
}
