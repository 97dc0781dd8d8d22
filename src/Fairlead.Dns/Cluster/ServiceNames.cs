namespace Fairlead.Dns.Cluster;

/// <summary>All names of one service, made anew when it or its endpoints change.</summary>
internal sealed class ServiceNames : IWireKeyed
{
    private readonly byte[] _key;
    private readonly NameRecords[] _names;

    /// <param name="key">Service and namespace as two labels.</param>
    /// <param name="names">The names, one for each <see cref="NameRecords.Name"/>.</param>
    /// <param name="pointers">Which addresses lead back to which name.</param>
    public ServiceNames(byte[] key, IEnumerable<NameRecords> names, AddressPointer[] pointers)
    {
        _key = key;
        _names = [.. names];
        Array.Sort(_names, static (a, b) => Compare(a.Name, b.Name));
        Pointers = pointers;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => _key;

    /// <summary>Which addresses lead back to which name.</summary>
    public AddressPointer[] Pointers { get; }

    /// <summary>The names.</summary>
    public IReadOnlyList<NameRecords> Names => _names;

    /// <summary>The name with these labels below the service's own, or null.</summary>
    public NameRecords? Find(ReadOnlySpan<byte> relative)
    {
        int low = 0, high = _names.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = Compare(_names[middle].Name, relative);
            if (order == 0)
            {
                return _names[middle];
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

        return null;
    }

    private static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left.SequenceCompareTo(right);
}
