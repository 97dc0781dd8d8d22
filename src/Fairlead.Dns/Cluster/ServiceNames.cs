using System.Runtime.InteropServices;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Cluster;

/// <summary>
/// All names of one service and their answers, made anew when it or its endpoints change. They stand in one array: a name and its answer are found in memory that lies
/// together, and 10,000 services are 10,000 objects for the collector, not a quarter of a million.
/// </summary>
/// <remarks>
/// key length (1) | key | number of names (4) | offset of each name, in the order of the names (4 each) | names.
/// A name: length (1) | labels | number of answers (1) | answers, each a <see cref="RecordSetHeader"/> and its bytes.
/// </remarks>
/// <param name="data">What a <see cref="ServiceNamesWriter"/> packed; its key is service and namespace as two labels.</param>
/// <param name="alias">What the service's own name stands for (ExternalName); the root where it stands for itself.</param>
/// <param name="pointers">Which addresses lead back to which name.</param>
internal sealed class ServiceNames(byte[] data, DnsName alias, AddressPointer[] pointers) : WireKeyed(data, 1, data[0])
{
    /// <summary>What the service's own name stands for; the root where it stands for itself.</summary>
    public DnsName Alias { get; } = alias;

    /// <summary>Which addresses lead back to which name.</summary>
    public AddressPointer[] Pointers { get; } = pointers;

    private int NameCount => MemoryMarshal.Read<int>(Data.AsSpan(1 + Data[0]));

    /// <summary>Finds the answer to a question.</summary>
    /// <param name="relative">The labels below the service's own name.</param>
    /// <param name="type">The type that is asked for.</param>
    /// <param name="set">The answer; meaningless where there is none.</param>
    /// <returns>Whether the name exists, and whether it has the type.</returns>
    public (bool Exists, bool HasType) Find(ReadOnlySpan<byte> relative, RecordType type, out RecordSet set)
    {
        set = default;
        int position = FindName(relative);
        if (position < 0)
        {
            return default;
        }

        int sets = Data[position++];
        for (int i = 0; i < sets; i++)
        {
            set = new(Data, position);
            RecordSetHeader header = set.Header;
            if (header.Type == type)
            {
                return (true, true);
            }

            position += RecordSetHeader.Size + header.Length;
        }

        return (true, false);
    }

    /// <summary>Where the answers of a name start, with their number; −1: there is no such name.</summary>
    private int FindName(ReadOnlySpan<byte> relative)
    {
        int offsets = 1 + Data[0] + sizeof(int);
        int low = 0, high = NameCount - 1;
        while (low <= high)
        {
            // The service's own name comes first, and is what most ask for.
            int middle = relative.IsEmpty ? low : (low + high) >>> 1;
            int position = MemoryMarshal.Read<int>(Data.AsSpan(offsets + (middle * sizeof(int))));
            ReadOnlySpan<byte> name = Data.AsSpan(position + 1, Data[position]);
            int order = name.SequenceCompareTo(relative);
            if (order == 0)
            {
                return position + 1 + name.Length;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }
}
