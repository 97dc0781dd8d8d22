using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>
/// Gives endpoints their slots 0 … N-1 so that as few as possible change: who stays keeps his slot, a new one takes a
/// hole, and when there are fewer, the last ones move into the holes.
/// </summary>
internal static class SlotAssignment
{
    /// <summary>The slots for <paramref name="desired"/> (sorted, without duplicates), given what was in them before.</summary>
    public static ImmutableArray<EndpointAddress> Assign(ImmutableArray<EndpointAddress> previous, ReadOnlySpan<EndpointAddress> desired)
    {
        if (previous.IsDefaultOrEmpty)
        {
            return [.. desired];
        }

        Span<bool> seated = desired.Length <= 256 ? stackalloc bool[desired.Length] : new bool[desired.Length];
        seated.Clear();
        EndpointAddress[] slots = new EndpointAddress[desired.Length];
        Span<bool> filled = desired.Length <= 256 ? stackalloc bool[desired.Length] : new bool[desired.Length];
        filled.Clear();
        bool same = previous.Length == desired.Length;
        for (int slot = 0; slot < previous.Length; slot++)
        {
            int index = desired.BinarySearch(previous[slot]);
            bool stays = slot < slots.Length && index >= 0 && !seated[index];
            same &= stays;
            if (stays)
            {
                slots[slot] = previous[slot];
                filled[slot] = seated[index] = true;
            }
        }

        if (same)
        {
            return previous;
        }

        int hole = 0;
        for (int index = 0; index < desired.Length; index++)
        {
            if (seated[index])
            {
                continue;
            }

            while (filled[hole])
            {
                hole++;
            }

            slots[hole++] = desired[index];
        }

        return ImmutableCollectionsMarshal(slots);
    }

    private static ImmutableArray<EndpointAddress> ImmutableCollectionsMarshal(EndpointAddress[] slots) =>
        System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(slots);
}
