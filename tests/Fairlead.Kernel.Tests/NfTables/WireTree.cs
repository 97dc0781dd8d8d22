using System.Buffers.Binary;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>Attributes as text, one a line, those of one level in the order of their types: what two encoders that order differently agree on.</summary>
internal static class WireTree
{
    internal static string Read(string hex) => string.Join('\n', Lines(Convert.FromHexString(hex), ""));

    internal static string ReadMessage(byte[] message, params ushort[] without)
    {
        List<string> lines = [$"type {BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(4)):x} flags {BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(6)):x} header {Convert.ToHexStringLower(message, 16, 4)}"];
        lines.AddRange(Lines(message.AsSpan(20), "").Where(line => !without.Any(type => line.StartsWith($"{type}:", StringComparison.Ordinal))));
        return string.Join('\n', lines);
    }

    private static List<string> Lines(ReadOnlySpan<byte> bytes, string indent)
    {
        List<(int Type, List<string> Lines)> found = [];
        foreach (NetlinkAttribute attribute in new NetlinkAttributeReader(bytes))
        {
            found.Add((attribute.Type, attribute.IsMarkedNested
                ? [$"{indent}{attribute.Type}", .. Lines(attribute.Value, $"{indent}  ")]
                : [$"{indent}{attribute.Type}:{Convert.ToHexStringLower(attribute.Value)}"]));
        }

        return [.. found.OrderBy(static item => item.Type).SelectMany(static item => item.Lines)];
    }
}
