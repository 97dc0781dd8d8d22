using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fairlead.Cni;

/// <summary>JSON as plugins print it: indented, a line feed at the end, and escaped only where JSON asks for it.</summary>
internal static class SpecificationJson
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = new PlainEncoder() };

    /// <summary>What <paramref name="write"/> writes, as UTF-8.</summary>
    public static ReadOnlySpan<byte> Write(Action<Utf8JsonWriter> write)
    {
        MemoryStream stream = new(1024);
        using (Utf8JsonWriter writer = new(stream, Options))
        {
            write(writer);
        }

        stream.WriteByte((byte)'\n');
        return stream.GetBuffer().AsSpan(0, (int)stream.Length);
    }

    /// <summary>
    /// Says what the framework's relaxed encoder says. That one and the default one are made together, by a walk through all characters that takes a tenth of a
    /// millisecond: as long as a plugin needs to make a veth pair.
    /// </summary>
    private sealed class PlainEncoder : JavaScriptEncoder
    {
        private const int LongestEscape = 6; // \u0000

        public override int MaxOutputCharactersPerInputCharacter => LongestEscape;

        public override bool WillEncode(int unicodeScalar) => unicodeScalar is < ' ' or '"' or '\\' or 0x7f;

        public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
        {
            // Half a pair of surrogates can't be written; what is whole is found to be so afterwards.
            ReadOnlySpan<char> characters = new(text, textLength);
            for (int i = 0; i < characters.Length; i++)
            {
                if (WillEncode(characters[i]) || char.IsSurrogate(characters[i]))
                {
                    return i;
                }
            }

            return -1;
        }

        public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
        {
            string escape = unicodeScalar switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                <= char.MaxValue => string.Create(CultureInfo.InvariantCulture, $"\\u{unicodeScalar:x4}"),
                _ => char.ConvertFromUtf32(unicodeScalar),
            };
            bool fits = escape.AsSpan().TryCopyTo(new Span<char>(buffer, bufferLength));
            numberOfCharactersWritten = fits ? escape.Length : 0;
            return fits;
        }
    }
}
