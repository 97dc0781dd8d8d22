using System.Runtime.InteropServices;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Cluster;

/// <summary>Something that is found by lower-cased wire bytes. A class, because the key is compared for each query and must be at hand without a dispatch.</summary>
/// <param name="data">What the key stands in.</param>
/// <param name="start">Where it starts.</param>
/// <param name="length">How long it is.</param>
internal abstract class WireKeyed(byte[] data, int start, int length)
{
    /// <summary>What it is found by.</summary>
    public ReadOnlySpan<byte> Key => Data.AsSpan(start, length);

    /// <summary>What the key stands in.</summary>
    protected byte[] Data { get; } = data;
}

/// <summary>
/// An immutable table from wire bytes to values. A change copies one path of three arrays (some 2 KB), never the table: a cluster of 10,000 services
/// pays for one service as one of ten does. Lookups take no lock and allocate nothing.
/// </summary>
internal sealed class WireTable<T>
    where T : WireKeyed
{
    private const int RootBits = 6;
    private const int NodeBits = 7;
    private const int RootSize = 1 << RootBits;
    private const int NodeSize = 1 << NodeBits;

    private readonly Slot[]?[]?[] _root;

    private WireTable(Slot[]?[]?[] root, int count)
    {
        _root = root;
        Count = count;
    }

    /// <summary>The table that holds nothing.</summary>
    public static WireTable<T> Empty { get; } = new(new Slot[]?[]?[RootSize], 0);

    /// <summary>How many values.</summary>
    public int Count { get; }

    /// <summary>The value under these bytes, or null.</summary>
    public T? Find(ReadOnlySpan<byte> key)
    {
        uint hash = NameBytes.Hash(key);
        if (_root[RootIndex(hash)]?[NodeIndex(hash)] is { } bucket)
        {
            foreach (ref readonly Slot slot in bucket.AsSpan())
            {
                if (slot.Hash == hash && slot.Value.Key.SequenceEqual(key))
                {
                    return slot.Value;
                }
            }
        }

        return null;
    }

    /// <summary>Starts a series of changes.</summary>
    public Editor Edit() => new(this);

    private static int RootIndex(uint hash) => (int)(hash & (RootSize - 1));

    private static int NodeIndex(uint hash) => (int)(hash >> RootBits) & (NodeSize - 1);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Slot(uint Hash, T Value);

    /// <summary>Changes that become visible together. What it copied once it goes on using: filling a table is linear.</summary>
    public sealed class Editor
    {
        private readonly Slot[]?[]?[] _root;
        private readonly bool[] _owned = new bool[RootSize];
        private int _count;

        internal Editor(WireTable<T> table)
        {
            _root = [.. table._root];
            _count = table.Count;
        }

        /// <summary>Puts a value in the place of the one with the same key.</summary>
        public void Set(T value)
        {
            uint hash = NameBytes.Hash(value.Key);
            ref Slot[]? bucket = ref Bucket(hash);
            int at = IndexOf(bucket, hash, value.Key);
            Slot slot = new(hash, value);
            if (at < 0)
            {
                bucket = [.. bucket ?? [], slot];
                _count++;
            }
            else
            {
                bucket = [.. bucket!];
                bucket[at] = slot;
            }
        }

        /// <summary>Takes the value with this key out.</summary>
        public void Remove(ReadOnlySpan<byte> key)
        {
            uint hash = NameBytes.Hash(key);
            ref Slot[]? bucket = ref Bucket(hash);
            int at = IndexOf(bucket, hash, key);
            if (at >= 0)
            {
                bucket = bucket!.Length == 1 ? null : [.. bucket.AsSpan(0, at), .. bucket.AsSpan(at + 1)];
                _count--;
            }
        }

        /// <summary>The value under these bytes as of the changes so far, or null.</summary>
        public T? Find(ReadOnlySpan<byte> key)
        {
            uint hash = NameBytes.Hash(key);
            Slot[]? bucket = _root[RootIndex(hash)]?[NodeIndex(hash)];
            int at = IndexOf(bucket, hash, key);
            return at < 0 ? null : bucket![at].Value;
        }

        /// <summary>The table with the changes.</summary>
        public WireTable<T> ToTable()
        {
            Array.Clear(_owned);
            return new([.. _root], _count);
        }

        private ref Slot[]? Bucket(uint hash)
        {
            int index = RootIndex(hash);
            if (!_owned[index])
            {
                _root[index] = _root[index] is { } node ? [.. node] : new Slot[]?[NodeSize];
                _owned[index] = true;
            }

            return ref _root[index]![NodeIndex(hash)];
        }

        private static int IndexOf(Slot[]? bucket, uint hash, ReadOnlySpan<byte> key)
        {
            for (int i = 0; i < (bucket?.Length ?? 0); i++)
            {
                if (bucket![i].Hash == hash && bucket[i].Value.Key.SequenceEqual(key))
                {
                    return i;
                }
            }

            return -1;
        }
    }
}
