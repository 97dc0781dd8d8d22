using System.Runtime.InteropServices;

namespace Fairlead.Kernel.Netlink;

/// <summary>
/// Walks the messages in a receive buffer: <c>foreach (NetlinkMessage message in new NetlinkMessageReader(bytes))</c>.
/// Every length is checked here, once; bytes that are no messages give an <see cref="InvalidDataException"/>.
/// </summary>
public ref struct NetlinkMessageReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads from <paramref name="bytes"/>.</summary>
    public NetlinkMessageReader(ReadOnlySpan<byte> bytes)
    {
        _rest = bytes;
        Current = default;
    }

    /// <summary>The message that <see cref="MoveNext"/> came to.</summary>
    public NetlinkMessage Current { get; private set; }

    /// <summary>For foreach.</summary>
    public readonly NetlinkMessageReader GetEnumerator() => this;

    /// <summary>Goes on to the next message; false at the end.</summary>
    /// <exception cref="InvalidDataException">A header is cut off, or a length points outside the buffer.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest.Length < NetlinkControl.HeaderSize)
        {
            throw new InvalidDataException($"netlink message header cut off after {_rest.Length} bytes");
        }

        uint length = MemoryMarshal.Read<uint>(_rest);
        if (length < NetlinkControl.HeaderSize || length > (uint)_rest.Length)
        {
            throw new InvalidDataException($"netlink message says that it has {length} bytes, {_rest.Length} are there");
        }

        Current = new NetlinkMessage(
            MemoryMarshal.Read<ushort>(_rest[4..]),
            (NetlinkFlags)MemoryMarshal.Read<ushort>(_rest[6..]),
            MemoryMarshal.Read<uint>(_rest[8..]),
            MemoryMarshal.Read<uint>(_rest[12..]),
            _rest[NetlinkControl.HeaderSize..(int)length]);
        _rest = _rest[Math.Min(NetlinkControl.Align((int)length), _rest.Length)..];
        return true;
    }
}
