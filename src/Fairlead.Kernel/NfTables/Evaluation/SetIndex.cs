namespace Fairlead.Kernel.NfTables.Evaluation;

/// <summary>One set's elements, found by key as the kernel finds them.</summary>
internal sealed class SetIndex
{
    private readonly Dictionary<DataValue, Element> _keys = [];
    private readonly List<Element> _ranges = [];
    private readonly Element? _catchAll;
    private readonly Set _set;

    internal SetIndex(Set set, IReadOnlyList<Element> elements)
    {
        _set = set;
        foreach (Element element in elements)
        {
            if (element.CatchAll)
            {
                _catchAll = element;
            }
            else if (element.KeyEnd.IsEmpty)
            {
                _keys.TryAdd(element.Key, element);
            }
            else
            {
                _ranges.Add(element);
            }
        }
    }

    internal Set Set => _set;

    internal int KeyLength { get => DataTypes.Length(_set.Key) is > 0 and var length ? length : _keys.Keys.FirstOrDefault().Length; }

    internal Element? Find(DataValue key)
    {
        if (_keys.TryGetValue(key, out Element? exact))
        {
            return exact;
        }

        foreach (Element range in _ranges)
        {
            if (Contains(range, key.Span))
            {
                return range;
            }
        }

        return _catchAll;
    }

    private bool Contains(Element range, ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> first = range.Key.Span;
        ReadOnlySpan<byte> last = range.KeyEnd.Span;
        if (_set.Key.Count == 1)
        {
            return first.SequenceCompareTo(key) <= 0 && key.SequenceCompareTo(last) <= 0;
        }

        int offset = 0;
        foreach (DataType field in _set.Key)
        {
            int length = DataTypes.Length(field);
            ReadOnlySpan<byte> part = key.Slice(offset, length);
            if (first.Slice(offset, length).SequenceCompareTo(part) > 0 || part.SequenceCompareTo(last.Slice(offset, length)) > 0)
            {
                return false;
            }

            offset += DataTypes.Padded(length);
        }

        return true;
    }
}
