using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Fairlead.Lab.Kubelet.Server.Spdy;

/// <summary>
/// Reads the header blocks of one direction of a SPDY connection. They are one zlib stream (RFC 1950) with a preset dictionary, which .NET's decoder does not
/// take; a stored block (RFC 1951, 3.2.4) that holds the dictionary, decoded first and thrown away, leaves the decoder in the same state.
/// </summary>
internal sealed class SpdyHeaderReader : IDisposable
{
    private const int LargestBlock = 64 * 1024;
    private const int ZlibHeaderLength = 2;
    private const int DictionaryIdLength = 4;
    private const int DictionaryFlag = 0x20;

    private readonly Feed _feed = new();
    private readonly DeflateStream _decoder;
    private bool _begun;

    public SpdyHeaderReader()
    {
        _decoder = new DeflateStream(_feed, CompressionMode.Decompress);
        _feed.Add(SpdyHeaderWriter.Stored(SpdyDictionary.Bytes));
        _ = ReadAll();
    }

    /// <summary>Reads one block; names come in lower case.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public Dictionary<string, string> Read(ReadOnlySpan<byte> block)
    {
        if (!_begun)
        {
            if (block.Length < ZlibHeaderLength)
            {
                throw new InvalidDataException("a header block without a zlib header");
            }

            _begun = true;
            block = block[(ZlibHeaderLength + ((block[1] & DictionaryFlag) != 0 ? DictionaryIdLength : 0))..];
        }

        _feed.Add(block.ToArray());
        var plain = ReadAll().AsSpan();
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        for (var count = Number(ref plain); count > 0; count--)
        {
            var name = Text(ref plain);
            headers[name] = Text(ref plain);
        }

        return headers;
    }

    public void Dispose() => _decoder.Dispose();

    private static int Number(ref Span<byte> rest)
    {
        if (rest.Length < 4)
        {
            throw new InvalidDataException("a header block that ends too early");
        }

        var number = BinaryPrimitives.ReadInt32BigEndian(rest);
        rest = rest[4..];
        return number;
    }

    private static string Text(ref Span<byte> rest)
    {
        var length = Number(ref rest);
        if (length < 0 || length > rest.Length)
        {
            throw new InvalidDataException("a header that is longer than its block");
        }

        var text = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return text;
    }

    private byte[] ReadAll()
    {
        using MemoryStream all = new();
        var buffer = new byte[4096];
        int count;
        while ((count = _decoder.Read(buffer)) > 0)
        {
            all.Write(buffer, 0, count);
            if (all.Length > LargestBlock)
            {
                throw new InvalidDataException("a header block that is too large");
            }
        }

        return all.ToArray();
    }

    /// <summary>A stream that has what was added to it, and nothing more for now.</summary>
    private sealed class Feed : Stream
    {
        private readonly Queue<byte[]> _blocks = new();
        private int _offset;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Add(byte[] block) => _blocks.Enqueue(block);

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (!_blocks.TryPeek(out var block))
            {
                return 0;
            }

            var some = Math.Min(count, block.Length - _offset);
            block.AsSpan(_offset, some).CopyTo(buffer.AsSpan(offset));
            _offset += some;
            if (_offset == block.Length)
            {
                _blocks.Dequeue();
                _offset = 0;
            }

            return some;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>Writes header blocks of one direction: a zlib stream of stored blocks, which every decoder reads; our headers are few and short.</summary>
internal sealed class SpdyHeaderWriter
{
    private bool _begun;

    public byte[] Write(IReadOnlyDictionary<string, string> headers)
    {
        List<byte> plain = [];
        Number(plain, headers.Count);
        foreach (var (name, value) in headers)
        {
            Text(plain, name);
            Text(plain, value);
        }

        // The empty block at the end is what makes a decoder hand over all that came before it (zlib's Z_SYNC_FLUSH); Go's waits for it.
        byte[] block = [.. _begun ? (byte[])[] : [0x78, 0x01], .. Stored([.. plain]), .. Stored([])];
        _begun = true;
        return block;
    }

    /// <summary>A deflate block that holds bytes as they are; not the last one.</summary>
    public static byte[] Stored(ReadOnlySpan<byte> bytes)
    {
        var block = new byte[5 + bytes.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(1), (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(3), (ushort)~bytes.Length);
        bytes.CopyTo(block.AsSpan(5));
        return block;
    }

    private static void Number(List<byte> bytes, int number)
    {
        var four = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(four, number);
        bytes.AddRange(four);
    }

    private static void Text(List<byte> bytes, string text)
    {
        var encoded = Encoding.UTF8.GetBytes(text);
        Number(bytes, encoded.Length);
        bytes.AddRange(encoded);
    }
}
