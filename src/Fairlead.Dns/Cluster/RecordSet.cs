using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Cluster;

/// <summary>
/// The answer to one question, as it goes onto the wire behind the question: its pointers are right because a question for this name always has the same length.
/// </summary>
internal sealed class RecordSet
{
    /// <summary>The type that is asked for.</summary>
    public required RecordType Type { get; init; }

    /// <summary>The records' bytes: answers, then additional ones.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>How many records answer.</summary>
    public required ushort Answers { get; init; }

    /// <summary>How many stand behind the answers.</summary>
    public ushort Additionals { get; init; }

    /// <summary>How many bytes each of the answers has, where they are all alike and any may come first; else 0.</summary>
    public ushort RotationUnit { get; init; }

    /// <summary>How many answers take turns at the front: those of this node's zone, or all.</summary>
    public ushort Rotating { get; init; }

    /// <summary>Whether there was more than fits into the largest message.</summary>
    public bool IsCut { get; init; }
}

/// <summary>A name and what it has: nothing, for a name that is there only because others are below it.</summary>
/// <param name="Name">The lower-cased labels below the service's own name, without a final zero; empty for the service itself.</param>
/// <param name="Sets">The answers, by type.</param>
internal sealed record NameRecords(byte[] Name, RecordSet[] Sets)
{
    /// <summary>The target where this name is an alias (ExternalName).</summary>
    public DnsName? Alias { get; init; }

    /// <summary>The answer for a type, or null.</summary>
    public RecordSet? Find(RecordType type)
    {
        foreach (RecordSet set in Sets)
        {
            if (set.Type == type)
            {
                return set;
            }
        }

        return null;
    }
}
