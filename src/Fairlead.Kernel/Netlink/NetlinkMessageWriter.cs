using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Fairlead.Kernel.Netlink;

/// <summary>
/// Writes one netlink message, or many behind one another, into the caller's buffer (stackalloc, usually); when that is full, into one
/// rented from the shared pool, which <see cref="Dispose"/> gives back. Numbers are in the host's byte order unless the method's name says BigEndian.
/// </summary>
/// <remarks>
/// Lengths and padding are kept here: <see cref="BeginMessage"/> ends the message before it, and <see cref="EndNested"/> patches the
/// length of what <see cref="BeginNested"/> began. Sequence numbers are given by the socket when it sends. A copy of a writer is not another writer: pass it by reference.
/// </remarks>
public ref struct NetlinkMessageWriter
{
    private Span<byte> _buffer;
    private byte[]? _rented;
    private int _position;
    private int _openMessage; // its offset plus one; 0 where none is open

    /// <summary>Writes into <paramref name="buffer"/> while it lasts.</summary>
    public NetlinkMessageWriter(Span<byte> buffer)
    {
        _buffer = buffer;
    }

    /// <summary>The number of messages begun.</summary>
    public int MessageCount { get; private set; }

    /// <summary>The number of bytes written so far, headers and padding included.</summary>
    public readonly int Length => _position;

    /// <summary>Begins a message (struct nlmsghdr), and ends the one before it.</summary>
    public void BeginMessage(ushort type, NetlinkFlags flags)
    {
        EndMessage();
        _openMessage = _position + 1;
        MessageCount++;
        Span<byte> header = Reserve(NetlinkControl.HeaderSize);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], (ushort)flags);
    }

    /// <summary>Writes the open message's length into its header. Nothing happens where none is open.</summary>
    public void EndMessage()
    {
        if (_openMessage > 0)
        {
            int start = _openMessage - 1;
            MemoryMarshal.Write(_buffer[start..], (uint)(_position - start));
            _openMessage = 0;
        }
    }

    /// <summary>Ends the open message and gives all bytes written, valid until the next write.</summary>
    public ReadOnlySpan<byte> Complete()
    {
        EndMessage();
        return _buffer[.._position];
    }

    /// <summary>All bytes written, with the open message's length as it is now; the socket stamps sequence numbers into them.</summary>
    internal readonly Span<byte> BytesForSending()
    {
        if (_openMessage > 0)
        {
            MemoryMarshal.Write(_buffer[(_openMessage - 1)..], (uint)(_position - (_openMessage - 1)));
        }

        return _buffer[.._position];
    }

    /// <summary>Forgets all messages and keeps the buffer.</summary>
    public void Clear()
    {
        _position = 0;
        _openMessage = 0;
        MessageCount = 0;
    }

    /// <summary>Takes back all that was written after <paramref name="length"/>, an earlier <see cref="Length"/> within the open message.</summary>
    public void Rewind(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, _openMessage - 1 + NetlinkControl.HeaderSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _position);
        _position = length;
    }

    /// <summary>Makes room for <paramref name="length"/> zeroed bytes, padded to four, and gives them to be filled in before the next write.</summary>
    public Span<byte> Reserve(int length)
    {
        int padded = NetlinkControl.Align(length);
        if (padded > _buffer.Length - _position)
        {
            Grow(padded);
        }

        Span<byte> room = _buffer.Slice(_position, padded);
        room.Clear();
        _position += padded;
        return room[..length];
    }

    /// <summary>Writes a family header such as struct rtmsg as it lies in memory.</summary>
    public void WriteStruct<T>(in T value)
        where T : unmanaged => MemoryMarshal.Write(Reserve(Unsafe.SizeOf<T>()), value);

    /// <summary>Writes an attribute whose value is a struct as it lies in memory.</summary>
    public void WriteStruct<T>(ushort type, in T value)
        where T : unmanaged => MemoryMarshal.Write(ReserveAttribute(type, Unsafe.SizeOf<T>()), value);

    /// <summary>Makes room for an attribute's value, zeroed, to be filled in before the next write.</summary>
    public Span<byte> ReserveAttribute(ushort type, int length)
    {
        int total = NetlinkControl.AttributeHeaderSize + length;
        if (total > ushort.MaxValue)
        {
            throw new InvalidOperationException($"netlink attribute {type} would be {total} bytes long; 65535 is the most");
        }

        Span<byte> room = Reserve(total);
        MemoryMarshal.Write(room, (ushort)total);
        MemoryMarshal.Write(room[2..], type);
        return room[NetlinkControl.AttributeHeaderSize..];
    }

    /// <summary>Begins an attribute that holds attributes (NLA_F_NESTED is set); give the token to <see cref="EndNested"/>.</summary>
    public NetlinkNest BeginNested(ushort type)
    {
        NetlinkNest nest = new(_position);
        ReserveAttribute((ushort)(type | NetlinkControl.NestedFlag), 0);
        return nest;
    }

    /// <summary>Ends what <see cref="BeginNested"/> began.</summary>
    /// <exception cref="InvalidOperationException">The attribute became longer than 65535 bytes.</exception>
    public readonly void EndNested(NetlinkNest nest)
    {
        int length = _position - nest.Start;
        if (length > ushort.MaxValue)
        {
            throw new InvalidOperationException($"nested netlink attribute is {length} bytes long; 65535 is the most");
        }

        MemoryMarshal.Write(_buffer[nest.Start..], (ushort)length);
    }

    /// <summary>How many bytes the nested attribute has now, its header included.</summary>
    public readonly int NestedLength(NetlinkNest nest) => _position - nest.Start;

    /// <summary>An attribute without a value.</summary>
    public void WriteFlag(ushort type) => ReserveAttribute(type, 0);

    /// <summary>An attribute of any bytes.</summary>
    public void WriteBytes(ushort type, scoped ReadOnlySpan<byte> value) => value.CopyTo(ReserveAttribute(type, value.Length));

    /// <summary>An attribute of one byte.</summary>
    public void WriteByte(ushort type, byte value) => ReserveAttribute(type, 1)[0] = value;

    /// <summary>An attribute of two bytes.</summary>
    public void WriteUInt16(ushort type, ushort value) => MemoryMarshal.Write(ReserveAttribute(type, 2), value);

    /// <summary>An attribute of two bytes in network order.</summary>
    public void WriteUInt16BigEndian(ushort type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(ReserveAttribute(type, 2), value);

    /// <summary>An attribute of four bytes.</summary>
    public void WriteUInt32(ushort type, uint value) => MemoryMarshal.Write(ReserveAttribute(type, 4), value);

    /// <summary>An attribute of four bytes in network order.</summary>
    public void WriteUInt32BigEndian(ushort type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(ReserveAttribute(type, 4), value);

    /// <summary>An attribute of four bytes, signed.</summary>
    public void WriteInt32(ushort type, int value) => MemoryMarshal.Write(ReserveAttribute(type, 4), value);

    /// <summary>An attribute of eight bytes.</summary>
    public void WriteUInt64(ushort type, ulong value) => MemoryMarshal.Write(ReserveAttribute(type, 8), value);

    /// <summary>An attribute of eight bytes in network order.</summary>
    public void WriteUInt64BigEndian(ushort type, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(ReserveAttribute(type, 8), value);

    /// <summary>A string in UTF-8 with a NUL behind it, as names are written.</summary>
    public void WriteString(ushort type, scoped ReadOnlySpan<char> value)
    {
        Span<byte> room = ReserveAttribute(type, Encoding.UTF8.GetByteCount(value) + 1);
        Encoding.UTF8.GetBytes(value, room);
    }

    /// <summary>Gives a rented buffer back. The writer is empty afterwards.</summary>
    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }

        this = default;
    }

    private void Grow(int atLeast)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_position + atLeast), checked(_buffer.Length * 2)));
        _buffer[.._position].CopyTo(larger);
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }

        _rented = larger;
        _buffer = larger;
    }
}

/// <summary>Where a nested attribute began, for <see cref="NetlinkMessageWriter.EndNested"/>.</summary>
/// <param name="Start">The offset of the attribute's header in the writer's buffer.</param>
public readonly record struct NetlinkNest(int Start);
