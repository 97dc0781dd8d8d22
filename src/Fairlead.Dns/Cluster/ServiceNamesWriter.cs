using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Cluster;

/// <summary>Takes the names of one service as they come, and packs them as <see cref="ServiceNames"/> reads them. Its buffers serve one service after the other.</summary>
internal sealed class ServiceNamesWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(4096);
    private readonly List<Entry> _entries = [];

    /// <summary>Adds a name's answer for a type. One name's answers may come at any time, in the order in which they are looked at.</summary>
    /// <param name="name">The lower-cased labels below the service's own name, without a final zero; empty for the service itself.</param>
    /// <param name="header">What there is to know of the answer.</param>
    /// <param name="records">The answer.</param>
    public void Add(ReadOnlySpan<byte> name, RecordSetHeader header, ReadOnlySpan<byte> records)
    {
        int start = _bytes.WrittenCount;
        _bytes.Write(name);
        _bytes.Write(records);
        _entries.Add(new(start, name.Length, header));
    }

    /// <summary>Packs what was added, and begins anew.</summary>
    /// <param name="key">Service and namespace as two labels.</param>
    /// <param name="alias">What the service's own name stands for; the root: itself.</param>
    /// <param name="pointers">Which addresses lead back to which name.</param>
    public ServiceNames Pack(ReadOnlySpan<byte> key, DnsName alias, AddressPointer[] pointers)
    {
        AddNamesBetween();
        _entries.Sort(Compare);
        int names = 0, length = 0;
        for (int i = 0; i < _entries.Count; i++)
        {
            bool isNew = IsFirst(i);
            names += isNew ? 1 : 0;
            length += isNew ? 1 + _entries[i].NameLength + 1 : 0;
            length += _entries[i].IsAnswer ? RecordSetHeader.Size + _entries[i].Header.Length : 0;
        }

        Output output = new(new byte[1 + key.Length + sizeof(int) + (names * sizeof(int)) + length]);
        output.Write((byte)key.Length);
        output.Write(key);
        output.Write(names);
        Span<byte> offsets = output.Take(names * sizeof(int));
        int count = 0; // where the number of answers of the name is written
        for (int i = 0; i < _entries.Count; i++)
        {
            Entry entry = _entries[i];
            if (IsFirst(i))
            {
                MemoryMarshal.Write(offsets, output.Position);
                offsets = offsets[sizeof(int)..];
                output.Write((byte)entry.NameLength);
                output.Write(Name(entry));
                count = output.Position;
                output.Write((byte)0);
            }

            if (entry.IsAnswer)
            {
                output.Data[count]++;
                output.Write(entry.Header);
                output.Write(_bytes.WrittenSpan.Slice(entry.Start + entry.NameLength, entry.Header.Length));
            }
        }

        _entries.Clear();
        _bytes.ResetWrittenCount();
        return new(output.Data, alias, pointers);
    }

    /// <summary>Names between those that were added and the service's own exist, with nothing (RFC 8020); and so does the service's own.</summary>
    private void AddNamesBetween()
    {
        _entries.Add(new(0, 0, default));
        for (int i = _entries.Count - 2; i >= 0; i--)
        {
            Entry entry = _entries[i];
            while (entry.NameLength > 0)
            {
                int label = _bytes.WrittenSpan[entry.Start] + 1;
                entry = new(entry.Start + label, entry.NameLength - label, default);
                if (entry.NameLength > 0)
                {
                    _entries.Add(entry);
                }
            }
        }
    }

    private bool IsFirst(int index) => index == 0 || !Name(_entries[index]).SequenceEqual(Name(_entries[index - 1]));

    private ReadOnlySpan<byte> Name(Entry entry) => _bytes.WrittenSpan.Slice(entry.Start, entry.NameLength);

    private int Compare(Entry left, Entry right)
    {
        int byName = Name(left).SequenceCompareTo(Name(right));
        return byName != 0 ? byName : left.Start.CompareTo(right.Start);
    }

    /// <summary>A name, and behind it in the buffer its records.</summary>
    private readonly record struct Entry(int Start, int NameLength, RecordSetHeader Header)
    {
        public bool IsAnswer => Header.Type != RecordType.None;
    }

    private struct Output(byte[] data)
    {
        public byte[] Data { get; } = data;

        public int Position { get; private set; }

        public Span<byte> Take(int length)
        {
            Position += length;
            return Data.AsSpan(Position - length, length);
        }

        public void Write<T>(T value)
            where T : unmanaged => MemoryMarshal.Write(Take(Unsafe.SizeOf<T>()), value);

        public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));
    }
}
