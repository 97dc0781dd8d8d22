using System.Buffers.Binary;

namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>
/// What nft needs beside a set to print it: byte orders, and for types that it can't name the expression they are the type of (<c>typeof</c>).
/// Written as nft 1.0.6 writes it, checked byte by byte; newer versions read it too.
/// </summary>
internal static class SetUserData
{
    private const byte KeyByteOrder = 0; // NFTNL_UDATA_SET_KEYBYTEORDER
    private const byte DataByteOrder = 1;
    private const byte MergeElements = 2;
    private const byte KeyTypeOf = 3;
    private const byte DataTypeOf = 4;
    private const byte SetComment = 7;

    // Numbers of nft's own: enum expr_types, enum proto_desc_id and the fields of its header descriptions.
    private const uint ExpressionVerdict = 1;
    private const uint ExpressionPayload = 7;
    private const uint ExpressionMeta = 9;
    private const uint ExpressionConcat = 13;
    private const uint ExpressionNumberGenerator = 23;
    private const uint HeaderTransport = 11;
    private const uint HeaderIpv4 = 12;
    private const uint HeaderIpv6 = 13;

    internal static byte[] Write(Set set)
    {
        byte[] buffer = new byte[512];
        int length = WriteUInt32(buffer, KeyByteOrder, (uint)DataTypes.Order(set.Key));
        MapValue? value = (set as Map)?.Value;
        MapValue.Data? data = value as MapValue.Data;
        if (value is MapValue.Verdicts or MapValue.Data)
        {
            length += WriteUInt32(buffer.AsSpan(length), DataByteOrder, (uint)(data is null ? DataTypes.ByteOrder.None : DataTypes.Order(data.Fields)));
        }

        if (set.AutoMerge)
        {
            length += WriteUInt32(buffer.AsSpan(length), MergeElements, 1);
        }

        if (NeedsTypeOf(set.Key) || (data is not null && NeedsTypeOf(data.Fields)))
        {
            length += WriteTypeOf(buffer.AsSpan(length), KeyTypeOf, set.Key);
            if (data is not null)
            {
                length += WriteTypeOf(buffer.AsSpan(length), DataTypeOf, data.Fields);
            }
            else if (value is MapValue.Verdicts)
            {
                // Without it nft 1.0.6 doesn't believe the key's either, and ends in an assertion when it sorts the elements.
                int start = length;
                length += 2;
                length += WriteParts(buffer.AsSpan(length), ExpressionVerdict);
                Patch(buffer, start, DataTypeOf, length);
            }
        }

        if (set.Comment is { } comment)
        {
            length += UserData.WriteComment(buffer.AsSpan(length), SetComment, comment);
        }

        return length <= 256
            ? buffer[..length]
            : throw new ArgumentException($"what nft needs beside set {set.Name} has {length} bytes, the kernel keeps 256: shorten its comment", nameof(set));
    }

    internal static string? ReadComment(ReadOnlySpan<byte> data) => UserData.ReadComment(data, SetComment);

    internal static bool ReadAutoMerge(ReadOnlySpan<byte> data) => UserData.ReadUInt32(data, MergeElements) != 0;

    /// <summary>Whether nft has no word for one of the types, so that it must be told an expression instead.</summary>
    internal static bool NeedsTypeOf(ValueList<DataType> fields)
    {
        foreach (DataType field in fields)
        {
            if (field == DataType.Number)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The expression that stands for a type behind <c>typeof</c>; null where we have none.</summary>
    internal static string? TypeOfText(DataType type) => type switch
    {
        DataType.Ipv4Address => "ip daddr",
        DataType.Ipv6Address => "ip6 daddr",
        DataType.Port => "th dport",
        DataType.Protocol => "meta l4proto",
        DataType.Mark => "meta mark",
        DataType.ClassId => "meta priority",
        DataType.InterfaceName => "iifname",
        DataType.NetfilterProtocol => "meta nfproto",
        DataType.Number => "numgen random mod 65535",
        _ => null,
    };

    private static int WriteTypeOf(Span<byte> buffer, byte type, ValueList<DataType> fields)
    {
        int length = 2;
        if (fields.Count == 1)
        {
            length += WriteExpression(buffer[length..], fields[0]);
        }
        else
        {
            length += WriteUInt32(buffer[length..], 0, ExpressionConcat);
            int list = length;
            length += 2;
            for (int index = 0; index < fields.Count; index++)
            {
                int item = length;
                length += 2;
                length += WriteExpression(buffer[length..], fields[index]);
                Patch(buffer, item, (byte)index, length);
            }

            Patch(buffer, list, 1, length);
        }

        Patch(buffer, 0, type, length);
        return length;
    }

    private static int WriteExpression(Span<byte> buffer, DataType type) => type switch
    {
        DataType.Ipv4Address => WriteParts(buffer, ExpressionPayload, HeaderIpv4, 12), // IPHDR_DADDR
        DataType.Ipv6Address => WriteParts(buffer, ExpressionPayload, HeaderIpv6, 9), // IP6HDR_DADDR
        DataType.Port => WriteParts(buffer, ExpressionPayload, HeaderTransport, 2), // THDR_DPORT
        DataType.Protocol => WriteParts(buffer, ExpressionMeta, 16), // NFT_META_L4PROTO
        DataType.Mark => WriteParts(buffer, ExpressionMeta, 3), // NFT_META_MARK
        DataType.ClassId => WriteParts(buffer, ExpressionMeta, 2), // NFT_META_PRIORITY
        DataType.InterfaceName => WriteParts(buffer, ExpressionMeta, 6), // NFT_META_IIFNAME
        DataType.NetfilterProtocol => WriteParts(buffer, ExpressionMeta, 15), // NFT_META_NFPROTO
        DataType.Number => WriteParts(buffer, ExpressionNumberGenerator, 1, 65535, 0), // random, modulus, offset
        _ => throw new ArgumentException($"nft can't be told a set whose key has a {type} beside a number"),
    };

    /// <summary>The expression's number (type 0) and its own parts, numbered from 0, in type 1.</summary>
    private static int WriteParts(Span<byte> buffer, uint expression, params ReadOnlySpan<uint> parts)
    {
        int length = WriteUInt32(buffer, 0, expression);
        int nested = length;
        length += 2;
        for (int index = 0; index < parts.Length; index++)
        {
            length += WriteUInt32(buffer[length..], (byte)index, parts[index]);
        }

        Patch(buffer, nested, 1, length);
        return length;
    }

    private static void Patch(Span<byte> buffer, int start, byte type, int end)
    {
        buffer[start] = type;
        buffer[start + 1] = checked((byte)(end - start - 2));
    }

    /// <summary>nft writes these in the host's order.</summary>
    private static int WriteUInt32(Span<byte> buffer, byte type, uint value)
    {
        buffer[0] = type;
        buffer[1] = 4;
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[2..], value);
        return 6;
    }
}
