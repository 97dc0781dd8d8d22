using System.Buffers.Binary;
using System.Text;

namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>
/// What nft keeps beside objects and the kernel never looks at: one byte of type, one of length, the value. Comments are type 0 in rules, elements,
/// tables, chains and objects (libnftnl/udata.h). A set's comment is type 7.
/// </summary>
internal static class UserData
{
    /// <summary>NFTNL_UDATA_COMMENT_MAXLEN less the NUL.</summary>
    internal const int MaxCommentBytes = 127;

    internal const byte Comment = 0;

    /// <summary>NFTNL_UDATA_SET_ELEM_FLAGS: bit 0 says that a range is open at its upper end.</summary>
    internal const byte ElementFlags = 1;

    /// <summary>Writes a comment; returns how many bytes.</summary>
    /// <exception cref="ArgumentException">The comment is longer than nft loads back.</exception>
    internal static int WriteComment(Span<byte> destination, byte type, string comment)
    {
        int length = Encoding.UTF8.GetByteCount(comment);
        if (length > MaxCommentBytes)
        {
            throw new ArgumentException($"a comment has at most {MaxCommentBytes} bytes, this one {length}: {comment}", nameof(comment));
        }

        destination[0] = type;
        destination[1] = (byte)(length + 1);
        Encoding.UTF8.GetBytes(comment, destination[2..]);
        destination[2 + length] = 0;
        return length + 3;
    }

    /// <summary>The value of a type; false where there is none. Bytes that nobody can read have no comment.</summary>
    internal static bool TryFind(ReadOnlySpan<byte> data, byte type, out ReadOnlySpan<byte> value)
    {
        while (data.Length >= 2 && data[1] <= data.Length - 2)
        {
            if (data[0] == type)
            {
                value = data.Slice(2, data[1]);
                return true;
            }

            data = data[(2 + data[1])..];
        }

        value = default;
        return false;
    }

    internal static string? ReadComment(ReadOnlySpan<byte> data, byte type = Comment)
    {
        if (!TryFind(data, type, out ReadOnlySpan<byte> value))
        {
            return null;
        }

        int end = value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? value : value[..end]);
    }

    internal static uint ReadUInt32(ReadOnlySpan<byte> data, byte type) =>
        TryFind(data, type, out ReadOnlySpan<byte> value) && value.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(value) : 0;
}
