using System.Runtime.InteropServices;

namespace Fairlead.Kernel.Netlink;

/// <summary>What the kernel said to one request: done, or why not. "Exists" and "not found" are answers like others; the caller decides.</summary>
/// <param name="Error">The errno; <see cref="Errno.None"/> when it was done.</param>
/// <param name="KernelMessage">The sentence of the extended acknowledgement (NLMSGERR_ATTR_MSG). A warning where there is no error.</param>
/// <param name="BadAttributeOffset">Where in the request the attribute lies that the kernel objects to, from the message's first byte (NLMSGERR_ATTR_OFFS).</param>
/// <param name="MissingAttribute">The type of an attribute that the kernel wanted (NLMSGERR_ATTR_MISS_TYPE).</param>
public readonly record struct NetlinkAnswer(Errno Error, string? KernelMessage = null, int? BadAttributeOffset = null, int? MissingAttribute = null)
{
    /// <summary>The kernel did what was asked.</summary>
    public bool Succeeded => Error == Errno.None;

    /// <summary>Throws unless it was done.</summary>
    /// <exception cref="NetlinkException">The kernel refused; the message begins with <paramref name="operation"/>.</exception>
    public void ThrowIfFailed(string operation)
    {
        if (Error != Errno.None)
        {
            throw ToException(operation);
        }
    }

    /// <summary>The exception that says what <paramref name="operation"/> met.</summary>
    public NetlinkException ToException(string operation) =>
        new(operation, Error, KernelMessage ?? (MissingAttribute is { } missing ? $"attribute {missing} is missing" : null));

    /// <summary>Reads the payload of NLMSG_ERROR.</summary>
    internal static NetlinkAnswer ReadError(NetlinkMessage message)
    {
        int error = -message.Header<int>();
        if ((message.Flags & NetlinkFlags.AcknowledgementAttributes) == 0)
        {
            return new NetlinkAnswer((Errno)error);
        }

        // Behind the errno stands the header of the request, and unless capped, the request itself.
        int request = NetlinkControl.HeaderSize;
        if ((message.Flags & NetlinkFlags.Capped) == 0 && message.Payload.Length >= 8)
        {
            uint length = MemoryMarshal.Read<uint>(message.Payload[4..]);
            if (length > (uint)message.Payload.Length - 4)
            {
                throw new InvalidDataException($"netlink error repeats a request of {length} bytes in a payload of {message.Payload.Length}");
            }

            request = Math.Max(request, (int)length);
        }

        return Read(error, message.Attributes(4 + request));
    }

    /// <summary>Reads the payload of NLMSG_DONE: an errno, since a dump can fail at any of its parts.</summary>
    internal static NetlinkAnswer ReadDone(NetlinkMessage message)
    {
        if (message.Payload.Length < 4)
        {
            return default;
        }

        int error = -message.Header<int>();
        return (message.Flags & NetlinkFlags.AcknowledgementAttributes) == 0
            ? new NetlinkAnswer((Errno)error)
            : Read(error, message.Attributes(4));
    }

    private static NetlinkAnswer Read(int error, NetlinkAttributeReader attributes)
    {
        string? text = null;
        int? offset = null;
        int? missing = null;
        foreach (NetlinkAttribute attribute in attributes)
        {
            switch (attribute.Type)
            {
                case NetlinkControl.ErrorMessage: text = attribute.String; break;
                case NetlinkControl.ErrorOffset: offset = attribute.Int32; break;
                case NetlinkControl.ErrorMissingType: missing = attribute.Int32; break;
            }
        }

        return new NetlinkAnswer((Errno)error, text, offset, missing);
    }
}

/// <summary>One message of a batch that the kernel refused.</summary>
/// <param name="Index">Its place in the batch, from 0.</param>
/// <param name="Answer">Why.</param>
public readonly record struct NetlinkBatchError(int Index, NetlinkAnswer Answer);
