using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fairlead.Kubernetes;

/// <summary>
/// One page of a list as it came, in memory that is borrowed: where the next one starts is read first, so that it can be asked for while the objects of this one are decoded, one at a time.
/// </summary>
internal sealed class ListPage : IDisposable
{
    private const int FirstSize = 64 * 1024;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _length;

    private ListPage()
    {
    }

    /// <summary>The revision of the list, and the token of its next page.</summary>
    public ListMeta Metadata { get; private set; } = ListMeta.Empty;

    /// <summary>Reads a page to its end.</summary>
    /// <exception cref="JsonException">It is no list.</exception>
    public static async Task<ListPage> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        ListPage page = new();
        try
        {
            while (await body.ReadAsync(page._buffer.AsMemory(page._length), cancellationToken).ConfigureAwait(false) is > 0 and int read)
            {
                page._length += read;
                if (page._length == page._buffer.Length)
                {
                    page.Grow();
                }
            }

            page.Metadata = page.ReadMetadata();
            return page;
        }
        catch
        {
            page.Dispose();
            throw;
        }
    }

    /// <summary>Decodes the objects.</summary>
    /// <exception cref="JsonException">One can't be read as its kind.</exception>
    public void ReadItems<T>(JsonTypeInfo<T> type, Action<T> item)
    {
        Utf8JsonReader reader = Start();
        if (!TryFind(ref reader, "items"u8) || reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("the items of a list are no array");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            item(JsonSerializer.Deserialize(ref reader, type) ?? throw new JsonException("an item of a list is null"));
        }
    }

    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ListMeta ReadMetadata()
    {
        Utf8JsonReader reader = Start();
        return TryFind(ref reader, "metadata"u8) && JsonSerializer.Deserialize(ref reader, KubernetesJson.TypeInfo<ListMeta>()) is { } metadata ? metadata : ListMeta.Empty;
    }

    private Utf8JsonReader Start()
    {
        Utf8JsonReader reader = new(_buffer.AsSpan(0, _length));
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? reader : throw new JsonException("the answer is no list");
    }

    /// <summary>Goes to the value of a property of the list itself.</summary>
    private static bool TryFind(ref Utf8JsonReader reader, ReadOnlySpan<byte> property)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool found = reader.ValueTextEquals(property);
            reader.Read();
            if (found)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
