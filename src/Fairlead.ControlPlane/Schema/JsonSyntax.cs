using System.Text;

namespace Fairlead.ControlPlane.Schema;

/// <summary>Says what is wrong with malformed JSON in the words of Go's scanner, which is what API clients are used to.</summary>
internal static class JsonSyntax
{
    private enum Expect
    {
        Value,
        ValueOrEnd,
        Key,
        KeyOrEnd,
        Colon,
        AfterPair,
        AfterElement,
        End,
    }

    /// <summary>Null for well-formed JSON.</summary>
    public static string? Explain(ReadOnlySpan<byte> json)
    {
        Stack<bool> objects = new();
        Expect expect = Expect.Value;
        int at = 0;
        while (true)
        {
            while (at < json.Length && json[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                at++;
            }

            if (at == json.Length)
            {
                return expect == Expect.End ? null : "unexpected end of JSON input";
            }

            byte c = json[at];
            switch (expect)
            {
                case Expect.End:
                    return Invalid(json, at, "after top-level value");
                case Expect.Colon:
                    if (c != ':')
                    {
                        return Invalid(json, at, "after object key");
                    }

                    at++;
                    expect = Expect.Value;
                    continue;
                case Expect.AfterPair or Expect.AfterElement:
                    bool pair = expect == Expect.AfterPair;
                    if (c == ',')
                    {
                        expect = pair ? Expect.Key : Expect.Value;
                    }
                    else if (c == (pair ? '}' : ']'))
                    {
                        objects.Pop();
                        expect = After(objects);
                    }
                    else
                    {
                        return Invalid(json, at, pair ? "after object key:value pair" : "after array element");
                    }

                    at++;
                    continue;
                case Expect.Key or Expect.KeyOrEnd:
                    if (c == '}' && expect == Expect.KeyOrEnd)
                    {
                        objects.Pop();
                        at++;
                        expect = After(objects);
                        continue;
                    }

                    if (c != '"')
                    {
                        return Invalid(json, at, "looking for beginning of object key string");
                    }

                    if (Text(json, ref at) is { } key)
                    {
                        return key;
                    }

                    expect = Expect.Colon;
                    continue;
                case Expect.ValueOrEnd when c == ']':
                    objects.Pop();
                    at++;
                    expect = After(objects);
                    continue;
            }

            switch (c)
            {
                case (byte)'{':
                    objects.Push(true);
                    at++;
                    expect = Expect.KeyOrEnd;
                    continue;
                case (byte)'[':
                    objects.Push(false);
                    at++;
                    expect = Expect.ValueOrEnd;
                    continue;
            }

            string? error = c switch
            {
                (byte)'"' => Text(json, ref at),
                (byte)'t' => Literal(json, ref at, "true"u8),
                (byte)'f' => Literal(json, ref at, "false"u8),
                (byte)'n' => Literal(json, ref at, "null"u8),
                (byte)'-' or (>= (byte)'0' and <= (byte)'9') => Number(json, ref at),
                _ => Invalid(json, at, "looking for beginning of value"),
            };
            if (error is not null)
            {
                return error;
            }

            expect = After(objects);
        }
    }

    private static Expect After(Stack<bool> objects) => objects.Count == 0 ? Expect.End : objects.Peek() ? Expect.AfterPair : Expect.AfterElement;

    private static string? Text(ReadOnlySpan<byte> json, ref int at)
    {
        for (at++; at < json.Length; at++)
        {
            switch (json[at])
            {
                case (byte)'"':
                    at++;
                    return null;
                case (byte)'\\':
                    at++;
                    if (at == json.Length)
                    {
                        return "unexpected end of JSON input";
                    }

                    if (json[at] == 'u')
                    {
                        for (int i = 0; i < 4; i++)
                        {
                            at++;
                            if (at == json.Length)
                            {
                                return "unexpected end of JSON input";
                            }

                            if (!char.IsAsciiHexDigit((char)json[at]))
                            {
                                return Invalid(json, at, "in \\u hexadecimal character escape");
                            }
                        }
                    }
                    else if (!"bfnrt\\/\""u8.Contains(json[at]))
                    {
                        return Invalid(json, at, "in string escape code");
                    }

                    break;
                case < 0x20:
                    return Invalid(json, at, "in string literal");
            }
        }

        return "unexpected end of JSON input";
    }

    private static string? Literal(ReadOnlySpan<byte> json, ref int at, ReadOnlySpan<byte> word)
    {
        for (int i = 0; i < word.Length; i++, at++)
        {
            if (at == json.Length)
            {
                return "unexpected end of JSON input";
            }

            if (json[at] != word[i])
            {
                return Invalid(json, at, $"in literal {Encoding.ASCII.GetString(word)} (expecting '{(char)word[i]}')");
            }
        }

        return null;
    }

    private static string? Number(ReadOnlySpan<byte> json, ref int at)
    {
        static bool Digit(ReadOnlySpan<byte> json, int at) => at < json.Length && char.IsAsciiDigit((char)json[at]);
        if (json[at] == '-')
        {
            at++;
            if (!Digit(json, at))
            {
                return at == json.Length ? "unexpected end of JSON input" : Invalid(json, at, "in numeric literal");
            }
        }

        if (json[at] == '0')
        {
            at++;
        }
        else
        {
            while (Digit(json, at))
            {
                at++;
            }
        }

        if (at < json.Length && json[at] == '.')
        {
            at++;
            if (!Digit(json, at))
            {
                return at == json.Length ? "unexpected end of JSON input" : Invalid(json, at, "after decimal point in numeric literal");
            }

            while (Digit(json, at))
            {
                at++;
            }
        }

        if (at < json.Length && json[at] is (byte)'e' or (byte)'E')
        {
            at++;
            if (at < json.Length && json[at] is (byte)'+' or (byte)'-')
            {
                at++;
            }

            if (!Digit(json, at))
            {
                return at == json.Length ? "unexpected end of JSON input" : Invalid(json, at, "in exponent of numeric literal");
            }

            while (Digit(json, at))
            {
                at++;
            }
        }

        return null;
    }

    private static string Invalid(ReadOnlySpan<byte> json, int at, string context)
    {
        byte c = json[at];
        string quoted = c switch
        {
            (byte)'\'' => "'\\''",
            (byte)'"' => "'\"'",
            < 0x80 => "'" + GoText.Quote(((char)c).ToString())[1..^1] + "'",
            // Go reads bytes here, each as a code point of its own.
            _ => "'" + GoText.Quote(((char)c).ToString())[1..^1] + "'",
        };
        return $"invalid character {quoted} {context}";
    }
}
