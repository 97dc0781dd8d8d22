using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Cluster;

/// <summary>What there is to know of an answer besides its bytes; stands before them.</summary>
/// <param name="Type">The type that is asked for.</param>
/// <param name="Length">How many bytes the records have.</param>
/// <param name="Answers">How many records answer.</param>
/// <param name="Additionals">How many stand behind the answers.</param>
/// <param name="RotationUnit">How many bytes each of the answers has, where they are all alike and any may come first; else 0.</param>
/// <param name="Rotating">How many answers take turns at the front: those of this node's zone, or all.</param>
/// <param name="IsCut">Whether there was more than fits into the largest message.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct RecordSetHeader(
    RecordType Type, ushort Length, ushort Answers, ushort Additionals = 0, ushort RotationUnit = 0, ushort Rotating = 0, bool IsCut = false)
{
    public static int Size => Unsafe.SizeOf<RecordSetHeader>();
}

/// <summary>
/// The answer to one question, as it goes onto the wire behind the question: its pointers are right because a question for this name always has the same length.
/// </summary>
/// <param name="Data">What it stands in.</param>
/// <param name="Offset">Where its header starts.</param>
internal readonly record struct RecordSet(byte[] Data, int Offset)
{
    public RecordSetHeader Header => MemoryMarshal.Read<RecordSetHeader>(Data.AsSpan(Offset));

    /// <summary>The records: answers, then additional ones.</summary>
    public ReadOnlySpan<byte> Bytes => Data.AsSpan(Offset + RecordSetHeader.Size, Header.Length);
}
