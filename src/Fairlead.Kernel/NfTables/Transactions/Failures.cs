using System.Runtime.InteropServices;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Wire;

namespace Fairlead.Kernel.NfTables;

/// <summary>Leads the kernel's errors back to the operations, and to the elements, that caused them.</summary>
internal static class Failures
{
    internal static IReadOnlyList<OperationFailure> Explain(Transaction transaction, List<BatchEncoder.Origin> origins, List<NetlinkBatchError> errors, ReadOnlySpan<byte> batch)
    {
        List<OperationFailure> failures = [];
        foreach (NetlinkBatchError error in errors)
        {
            BatchEncoder.Origin origin = origins[error.Index];
            Operation? operation = origin.Operation < 0 ? null : transaction.Operations[origin.Operation];
            Element? element = operation is ElementOperation elements && error.Answer.BadAttributeOffset is { } offset
                ? FindElement(elements, origin.FirstElement, Message(batch, error.Index), offset)
                : null;
            failures.Add(new OperationFailure(operation, element, error.Answer));
        }

        return failures;
    }

    private static ReadOnlySpan<byte> Message(ReadOnlySpan<byte> batch, int index)
    {
        while (index-- > 0)
        {
            batch = batch[NetlinkControl.Align(MemoryMarshal.Read<int>(batch))..];
        }

        return batch[..MemoryMarshal.Read<int>(batch)];
    }

    /// <summary>The kernel points at the attribute of the element that it objects to; counting leads to ours, of which a range has two of the kernel's.</summary>
    private static Element? FindElement(ElementOperation operation, int first, ReadOnlySpan<byte> message, int offset)
    {
        int position = NetlinkControl.HeaderSize + NfTablesMessage.FamilyHeaderSize;
        while (position + NetlinkControl.AttributeHeaderSize <= message.Length)
        {
            int length = MemoryMarshal.Read<ushort>(message[position..]);
            int type = MemoryMarshal.Read<ushort>(message[(position + 2)..]) & NetlinkControl.TypeMask;
            if (type == ElementListAttribute.Elements)
            {
                return CountTo(operation, first, message, position + NetlinkControl.AttributeHeaderSize, offset);
            }

            position += NetlinkControl.Align(length);
        }

        return null;
    }

    private static Element? CountTo(ElementOperation operation, int index, ReadOnlySpan<byte> message, int position, int offset)
    {
        int remaining = 0;
        for (index--; position < message.Length && position <= offset; position += NetlinkControl.Align(MemoryMarshal.Read<ushort>(message[position..])))
        {
            if (remaining == 0)
            {
                index++;
                remaining = index < operation.Elements.Count ? ElementEncoder.WireCount(operation.Set, operation.Elements[index]) : int.MaxValue;
            }

            remaining--;
        }

        return index >= 0 && index < operation.Elements.Count ? operation.Elements[index] : null;
    }
}
