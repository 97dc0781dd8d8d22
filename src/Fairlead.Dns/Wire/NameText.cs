using System.Globalization;
using System.Text;

namespace Fairlead.Dns.Wire;

/// <summary>Names as people write them (RFC 1035 section 5.1): dots between labels, \DDD and \X for what isn't plain.</summary>
internal static class NameText
{
    /// <summary>Writes text's wire form. False where it isn't a name: an empty label, one that is too long, a bad escape, a byte that isn't ASCII.</summary>
    public static bool TryEncode(ReadOnlySpan<char> text, Span<byte> wire, out int length)
    {
        length = 0;
        if (text is "" or ".")
        {
            wire[length++] = 0;
            return true;
        }

        int start = 0, end = 1;
        for (int i = 0; i < text.Length; i++)
        {
            int value = text[i];
            if (value == '.')
            {
                if (!EndLabel(wire, start, end))
                {
                    return false;
                }

                start = end++;
                continue;
            }

            if (value == '\\' && !TryUnescape(text, ref i, out value))
            {
                return false;
            }

            if (value > 255 || (value > 127 && text[i] == value) || end >= NameBytes.MaxLength)
            {
                return false;
            }

            wire[end++] = (byte)value;
        }

        if (end - start > 1)
        {
            if (!EndLabel(wire, start, end))
            {
                return false;
            }

            start = end++;
        }

        if (end > NameBytes.MaxLength)
        {
            return false;
        }

        wire[start] = 0;
        length = end;
        return true;
    }

    /// <summary>Writes a name with a final dot.</summary>
    public static void Append(ReadOnlySpan<byte> wire, StringBuilder text)
    {
        if (wire.Length == 1)
        {
            text.Append('.');
            return;
        }

        for (int position = 0; wire[position] != 0; position += wire[position] + 1)
        {
            foreach (byte value in wire.Slice(position + 1, wire[position]))
            {
                if (value is (byte)'.' or (byte)'\\')
                {
                    text.Append('\\').Append((char)value);
                }
                else if (value is <= 0x20 or >= 0x7f)
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\{value:D3}");
                }
                else
                {
                    text.Append((char)value);
                }
            }

            text.Append('.');
        }
    }

    private static bool EndLabel(Span<byte> wire, int start, int end)
    {
        int label = end - start - 1;
        if (label is 0 or > NameBytes.MaxLabelLength || end >= NameBytes.MaxLength)
        {
            return false;
        }

        wire[start] = (byte)label;
        return true;
    }

    private static bool TryUnescape(ReadOnlySpan<char> text, ref int position, out int value)
    {
        value = 0;
        if (position + 1 >= text.Length)
        {
            return false;
        }

        char next = text[position + 1];
        if (!char.IsAsciiDigit(next))
        {
            value = next;
            position++;
            return true;
        }

        if (position + 3 >= text.Length || !int.TryParse(text.Slice(position + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        position += 3;
        return true;
    }
}
